"use strict";

const SHOWN = ["cache-control", "age", "x-cache", "via", "server", "www-authenticate", "retry-after"];

const at = (id) => document.getElementById(id);
const session = { token: null, username: null, expires: 0 };

function paint(summary, good, headers, body) {
  const line = at("summary");
  line.textContent = summary;
  line.className = "summary " + (good === null ? "" : good ? "good" : "bad");
  const list = at("headers");
  list.replaceChildren();
  for (const [name, value] of headers) {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    list.append(term, text);
  }
  const box = at("body");
  box.hidden = !body;
  box.textContent = body;
}

async function ask(path, options = {}) {
  const begun = performance.now();
  const response = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
  const text = await response.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* an answer of the CDN or the load balancer */ }
  return { response, text, json, took: Math.round(performance.now() - begun) };
}

function describe(path, { response, text, json, took }) {
  const headers = SHOWN.filter((name) => response.headers.has(name))
    .map((name) => [name, response.headers.get(name)]);
  const summary = `${path}: ${response.status} ${response.statusText} in ${took} ms`;
  paint(summary, response.ok, headers, json ? JSON.stringify(json, null, 2) : text);
}

function failed(path, error) {
  paint(`${path}: no answer (${error.message})`, false, [], "");
}

function withToken() {
  const send = at("send-token").checked && session.token;
  return send ? { headers: { Authorization: `Bearer ${session.token}` } } : {};
}

async function spread(path, times) {
  const counts = new Map();
  for (let number = 0; number < times; number += 1) {
    const { response, json } = await ask(path, withToken());
    const name = json && json.task ? json.task : `status ${response.status}`;
    counts.set(name, (counts.get(name) || 0) + 1);
  }
  const lines = [...counts].sort().map(([name, count]) => `${"█".repeat(count)} ${count}  ${name}`);
  paint(`${path}, ${times} times: ${counts.size} different answers`, null, [], lines.join("\n"));
}

function showSession() {
  const left = Math.ceil((session.expires - Date.now()) / 1000);
  at("forget").hidden = !session.token;
  if (!session.token) {
    at("session").textContent = "Not logged in.";
  } else if (left > 0) {
    at("session").textContent = `Logged in as ${session.username}; the token expires in ${left} s.`;
  } else {
    at("session").textContent = `The token of ${session.username} has expired; it is still sent, to be refused.`;
  }
}

async function logIn(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await ask("/auth/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: form.username.value, password: form.password.value }),
    });
    if (answer.response.ok) {
      session.token = answer.json.access_token;
      session.username = form.username.value;
      session.expires = Date.now() + answer.json.expires_in * 1000;
      form.password.value = "";
      answer.json = { ...answer.json, access_token: "(kept by this page)" };
    }
    describe("POST /auth/login", answer);
  } catch (error) {
    failed("POST /auth/login", error);
  } finally {
    button.disabled = false;
    showSession();
  }
}

async function tryEndpoint(event) {
  const button = event.currentTarget;
  const { path, times } = button.dataset;
  button.disabled = true;
  try {
    if (times) {
      await spread(path, Number(times));
    } else {
      describe(`GET ${path}`, await ask(path, withToken()));
    }
  } catch (error) {
    failed(`GET ${path}`, error);
  } finally {
    button.disabled = false;
  }
}

at("login").addEventListener("submit", logIn);
at("forget").addEventListener("click", () => {
  Object.assign(session, { token: null, username: null, expires: 0 });
  showSession();
});
for (const button of document.querySelectorAll("[data-path]")) {
  button.addEventListener("click", tryEndpoint);
}
setInterval(showSession, 1000);
ask("/api/status")
  .then(({ json }) => { at("task").textContent = (json && json.task) || "?"; })
  .catch(() => { at("task").textContent = "?"; });
