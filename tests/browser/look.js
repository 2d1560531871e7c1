// Says what a reader of this page would see: what does not fit, what is too faint, what is there.
const problems = [];
const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const [r, g, b] = numbers(colour).slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
// The contrast of WCAG 2, from 1 to 21; 4.5 is what it asks of text.
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const fill = (node) => getComputedStyle(node).fill;
const ground = document.querySelector("rect.page") ? fill(document.querySelector("rect.page")) : null;
const page = getComputedStyle(document.body).backgroundColor;

const figures = [...document.querySelectorAll("g[data-id]")];
for (const figure of figures) {
  const rect = figure.querySelector("rect");
  const box = rect.getBBox();
  const behind = fill(rect) === "none" ? ground : fill(rect);
  for (const text of figure.querySelectorAll("text")) {
    const place = text.getBBox();
    const fits =
      place.x >= box.x &&
      place.x + place.width <= box.x + box.width &&
      place.y >= box.y &&
      place.y + place.height <= box.y + box.height;
    if (!fits) problems.push(`${figure.dataset.id}: "${text.textContent}" does not fit`);
    const seen = contrast(fill(text), behind);
    if (seen < 4.5) problems.push(`${figure.dataset.id}: "${text.textContent}" is faint: ${seen}`);
  }
}
for (const words of document.querySelectorAll("text.words")) {
  if (contrast(fill(words), ground) < 4.5) problems.push(`"${words.textContent}" is faint`);
  const place = words.getBBox();
  if (place.x < 0 || place.x + place.width > document.querySelector("svg").viewBox.baseVal.width)
    problems.push(`"${words.textContent}" is cut off`);
}
const overlap = (one, other) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;
for (const label of document.querySelectorAll("rect.label"))
  for (const text of document.querySelectorAll("g[data-id] text"))
    if (overlap(label.getBBox(), text.getBBox()))
      problems.push(`"${label.nextElementSibling.textContent}" covers "${text.textContent}"`);
const bars = [...document.querySelectorAll("g[data-step]")];
for (const bar of bars) {
  const width = Math.max(...[...bar.querySelectorAll("rect")].map((rect) => rect.getBBox().width));
  if (!(width > 0)) problems.push(`${bar.dataset.step} has no bar`);
  const name = bar.querySelector("text");
  if (name.getBBox().x < 0) problems.push(`${bar.dataset.step} is cut off`);
  if (contrast(fill(name), page) < 4.5) problems.push(`${bar.dataset.step} is faint`);
}
const ink = (node) => getComputedStyle(node).color;
for (const node of document.querySelectorAll("h1, h2, p, li, th, td")) {
  if (node.textContent && contrast(ink(node), page) < 4.5) problems.push(`"${node.textContent}" is faint`);
}
for (const code of document.querySelectorAll("code")) {
  if (contrast(ink(code), getComputedStyle(code).backgroundColor) < 4.5)
    problems.push(`"${code.textContent}" is faint`);
}
// What AWS calls a thing stands in the last cell of its row.
const rows = (table) => [...document.querySelectorAll(`${table} tbody tr`)];
for (const row of [...rows("#components"), ...rows("#subnets"), ...rows("#all-resources")])
  if (!row.lastElementChild.textContent) problems.push(`"${row.textContent}" says not what AWS calls it`);
// A drawing by itself has its own width.
if (document.querySelector("h1") && document.documentElement.scrollWidth > document.documentElement.clientWidth)
  problems.push("the page is wider than its window");
const said = document.createElement("pre");
said.id = "said";
said.textContent = JSON.stringify({
  ground,
  page,
  problems,
  figures: figures.length,
  texts: document.querySelectorAll("text").length,
  arrows: document.querySelectorAll("polyline").length,
  bars: bars.length,
  rows: document.querySelectorAll("#steps tbody tr").length,
  components: rows("#components").map((row) => row.firstElementChild.textContent),
  resources: rows("#all-resources").length,
  sections: document.querySelectorAll("section").length,
  critical: document.querySelectorAll("#critical li").length,
});
document.body.append(said);
