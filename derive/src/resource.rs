//! `#[derive(Resource)]`: a kind's attributes and schema from one declaration.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Field, Ident, LitStr, Type};

use crate::documented::{doc, fields, name, name_text};

const TEXT_OPTIONS: [&str; 17] = [
    "kind",
    "replacement",
    "parent",
    "key",
    "named",
    "exclusive",
    "after",
    "holds",
    "outage",
    "find",
    "explain",
    "create",
    "update",
    "delete",
    "wait_create",
    "wait_update",
    "wait_delete",
];

const FLAGS: [&str; 4] = ["lazy", "serial", "marked", "completes"];

struct Header {
    outputs: Type,
    flags: BTreeSet<String>,
    texts: BTreeMap<String, LitStr>,
}

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let header = header(input)?;
    let ident = &input.ident;
    let doc_text = doc(&input.attrs, "a kind", input)?;
    let mut attributes = Vec::new();
    let mut names = Vec::new();
    let mut to = Vec::new();
    let mut from = Vec::new();
    for field in fields(input)? {
        let member = name(field)?;
        let text = name_text(member);
        attributes.push(attribute(field, &text)?);
        to.push(quote! {
            (::std::borrow::Cow::Borrowed(#text), ::qpiac::model::Field::value(&self.#member))
        });
        from.push(quote! { #member: ::qpiac::model::Field::from_value(
            values.get(#text).unwrap_or(&::qpiac::model::Value::Absent)
        ).map_err(|e| e.under(#text))? });
        names.push(text);
    }
    let schema = schema(&header, &doc_text, &names)?;
    let outputs = &header.outputs;
    Ok(quote! {
        impl ::qpiac::model::Attributes for #ident {
            const ATTRIBUTES: &'static [::qpiac::model::Attribute] = &[#(#attributes),*];

            fn values(&self) -> ::qpiac::model::Values {
                ::qpiac::model::Values::from([#(#to),*])
            }

            fn from_values(
                values: &::qpiac::model::Values,
            ) -> ::std::result::Result<Self, ::qpiac::model::Misfit> {
                Ok(Self { #(#from),* })
            }
        }

        impl ::qpiac::model::Resource for #ident {
            type Outputs = #outputs;
            const SCHEMA: &'static ::qpiac::model::Schema = &#schema;
        }
    })
}

fn header(input: &DeriveInput) -> syn::Result<Header> {
    let mut outputs = None;
    let mut texts = BTreeMap::new();
    let mut flags = BTreeSet::new();
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("resource")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("outputs") {
                outputs = Some(meta.value()?.parse::<Type>()?);
                return Ok(());
            }
            let key = meta.path.require_ident()?.to_string();
            if FLAGS.contains(&key.as_str()) {
                flags.insert(key);
                return Ok(());
            }
            if !TEXT_OPTIONS.contains(&key.as_str()) {
                return Err(meta.error("unknown option of #[resource(...)]"));
            }
            texts.insert(key, meta.value()?.parse::<LitStr>()?);
            Ok(())
        })?;
    }
    let outputs = outputs.ok_or_else(|| missing(input, "outputs"))?;
    for needed in ["kind", "replacement", "find", "create", "delete"] {
        if !texts.contains_key(needed) {
            return Err(missing(input, needed));
        }
    }
    Ok(Header {
        outputs,
        flags,
        texts,
    })
}

fn missing(input: &DeriveInput, what: &str) -> syn::Error {
    syn::Error::new_spanned(
        &input.ident,
        format!("#[resource(...)] needs `{what} = ...`"),
    )
}

fn attribute(field: &Field, text: &str) -> syn::Result<TokenStream> {
    let doc = doc(&field.attrs, "an attribute", field)?;
    let ty = &field.ty;
    let mut on_change = None;
    let mut loose = false;
    let mut mentions = false;
    let mut ready = false;
    for attribute in field
        .attrs
        .iter()
        .filter(|a| a.path().is_ident("attribute"))
    {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("update") {
                on_change = Some(quote! { ::qpiac::model::OnChange::Update });
            } else if meta.path.is_ident("attach") {
                on_change = Some(quote! { ::qpiac::model::OnChange::Attach });
            } else if meta.path.is_ident("replace") {
                on_change = Some(quote! { ::qpiac::model::OnChange::Replace });
            } else if meta.path.is_ident("refuse") {
                let why = meta.value()?.parse::<LitStr>()?;
                on_change = Some(quote! { ::qpiac::model::OnChange::Refuse(#why) });
            } else if meta.path.is_ident("loose") {
                loose = true;
            } else if meta.path.is_ident("mentions") {
                mentions = true;
            } else if meta.path.is_ident("ready") {
                ready = true;
            } else {
                return Err(meta.error(
                    "expected `update`, `attach`, `replace`, `refuse = \"why\"`, `loose`, `mentions` \
                     or `ready`",
                ));
            }
            Ok(())
        })?;
    }
    let on_change = on_change.ok_or_else(|| {
        syn::Error::new_spanned(
            field,
            "an attribute needs a decision: #[attribute(update)], #[attribute(replace)] or \
             #[attribute(refuse = \"why\")]",
        )
    })?;
    let until = if ready {
        quote! { ::qpiac::model::Milestone::Ready }
    } else {
        quote! { ::qpiac::model::Milestone::Exists }
    };
    Ok(quote! { ::qpiac::model::Attribute {
        name: #text, doc: #doc, shape: <#ty as ::qpiac::model::Field>::SHAPE,
        on_change: #on_change, loose: #loose, mentions: #mentions, until: #until,
    } })
}

fn schema(header: &Header, doc: &str, names: &[String]) -> syn::Result<TokenStream> {
    let text = |key: &str| header.texts.get(key);
    let kind = text("kind");
    let outputs = &header.outputs;
    let replacement = match text("replacement").map(|t| (t.value(), t)) {
        Some((value, _)) if value == "create-first" => format_variant("CreateFirst"),
        Some((value, _)) if value == "delete-first" => format_variant("DeleteFirst"),
        Some((_, at)) => {
            return Err(syn::Error::new_spanned(
                at,
                "expected `create-first` or `delete-first`",
            ));
        }
        None => return Err(syn::Error::new_spanned(outputs, "no replacement")),
    };
    let parent = attribute_name(text("parent"), names)?;
    let named = attribute_name(text("named"), names)?;
    let key = attribute_names(text("key"), names)?;
    let exclusive = attribute_names(text("exclusive"), names)?;
    let holds = optional(text("holds"));
    let outage = optional(text("outage"));
    let after = following(text("after"));
    let [lazy, serial, marked, completes] = FLAGS.map(|flag| header.flags.contains(flag));
    let [find, explain, create, update, delete] =
        ["find", "explain", "create", "update", "delete"].map(|action| list(text(action)));
    let [wait_create, wait_update, wait_delete] = [
        wait(text("wait_create"))?,
        wait(text("wait_update"))?,
        wait(text("wait_delete"))?,
    ];
    Ok(quote! { ::qpiac::model::Schema {
        kind: ::qpiac::model::Kind::new(#kind),
        doc: #doc,
        attributes: <Self as ::qpiac::model::Attributes>::ATTRIBUTES,
        outputs: <#outputs as ::qpiac::model::Outputs>::OUTPUTS,
        replacement: #replacement,
        parent: #parent,
        key: &[#(#key),*],
        named: #named,
        exclusive: &[#(#exclusive),*],
        after: &[#(#after),*],
        holds: #holds,
        outage: #outage,
        lazy: #lazy,
        serial: #serial,
        marked: #marked,
        completes: #completes,
        waits: ::qpiac::model::Waits {
            create: #wait_create, update: #wait_update, delete: #wait_delete,
        },
        operations: ::qpiac::model::Operations {
            find: &[#(#find),*], explain: &[#(#explain),*], create: &[#(#create),*],
            update: &[#(#update),*], delete: &[#(#delete),*],
        },
    } })
}

fn format_variant(variant: &str) -> TokenStream {
    let variant = Ident::new(variant, proc_macro2::Span::call_site());
    quote! { ::qpiac::model::Replacement::#variant }
}

fn optional(text: Option<&LitStr>) -> TokenStream {
    text.map_or_else(|| quote! { None }, |text| quote! { Some(#text) })
}

fn attribute_name(text: Option<&LitStr>, names: &[String]) -> syn::Result<TokenStream> {
    match text {
        Some(text) if !names.contains(&text.value()) => {
            Err(syn::Error::new_spanned(text, "there is no such attribute"))
        }
        other => Ok(optional(other)),
    }
}

fn attribute_names(text: Option<&LitStr>, names: &[String]) -> syn::Result<Vec<String>> {
    let listed = list(text);
    match listed.iter().find(|name| !names.contains(name)) {
        Some(name) => Err(syn::Error::new_spanned(
            text,
            format!("there is no attribute `{name}`"),
        )),
        None => Ok(listed),
    }
}

fn list(text: Option<&LitStr>) -> Vec<String> {
    text.map(LitStr::value)
        .unwrap_or_default()
        .split(',')
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// `KIND, KIND by KIND`.
fn following(text: Option<&LitStr>) -> Vec<TokenStream> {
    list(text)
        .iter()
        .map(|part| match part.split_once(" by ") {
            Some((kind, sharing)) => {
                quote! { ::qpiac::model::Following { kind: #kind, sharing: Some(#sharing) } }
            }
            None => quote! { ::qpiac::model::Following { kind: #part, sharing: None } },
        })
        .collect()
}

/// `TYPICAL..DEADLINE`, in seconds.
fn wait(text: Option<&LitStr>) -> syn::Result<TokenStream> {
    let Some(text) = text else {
        return Ok(quote! { None });
    };
    let parsed = text
        .value()
        .split_once("..")
        .and_then(|(typical, deadline)| {
            Some((typical.parse::<u32>().ok()?, deadline.parse::<u32>().ok()?))
        });
    match parsed {
        Some((typical, deadline)) if typical <= deadline => Ok(quote! {
            Some(::qpiac::model::Wait { typical_s: #typical, deadline_s: #deadline })
        }),
        Some(_) | None => Err(syn::Error::new_spanned(
            text,
            "expected seconds as `TYPICAL..DEADLINE`",
        )),
    }
}
