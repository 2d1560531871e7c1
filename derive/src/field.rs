//! `#[derive(Field)]`: nested structs become maps; enums become words, or maps with one key.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Fields, LitStr, Variant};

use crate::documented::{doc, fields, name, name_text, snake};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    match &input.data {
        Data::Struct(_) => expand_struct(input),
        Data::Enum(data) if data.variants.iter().all(|v| v.fields.is_empty()) => {
            expand_words(input, data)
        }
        Data::Enum(data) => expand_one_of(input, data),
        Data::Union(_) => Err(syn::Error::new_spanned(input, "a union is no field")),
    }
}

fn expand_struct(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let mut members = Vec::new();
    let mut to = Vec::new();
    let mut from = Vec::new();
    for field in fields(input)? {
        let (member, ty) = (name(field)?, &field.ty);
        let text = name_text(member);
        let doc = doc(&field.attrs, "a member of a nested structure", field)?;
        members.push(quote! { ::qpiac::model::Member {
            name: #text, doc: #doc, shape: <#ty as ::qpiac::model::Field>::SHAPE,
        } });
        to.push(quote! { (#text.to_owned(), ::qpiac::model::Field::value(&self.#member)) });
        from.push(quote! { #member: ::qpiac::model::Field::from_value(
            items.get(#text).unwrap_or(&::qpiac::model::Value::Absent)
        ).map_err(|e| e.under(#text))? });
    }
    Ok(quote! {
        impl ::qpiac::model::Field for #ident {
            const SHAPE: ::qpiac::model::Shape = ::qpiac::model::Shape::Struct(&[#(#members),*]);

            fn value(&self) -> ::qpiac::model::Value {
                ::qpiac::model::Value::Map(::std::collections::BTreeMap::from([#(#to),*]))
            }

            fn from_value(
                value: &::qpiac::model::Value,
            ) -> ::std::result::Result<Self, ::qpiac::model::Misfit> {
                match value {
                    ::qpiac::model::Value::Map(items) => Ok(Self { #(#from),* }),
                    other => Err(::qpiac::model::Misfit::new("a structure", other)),
                }
            }
        }
    })
}

/// The word that AWS uses for a variant: `#[field("TCP_UDP")]`, else the name in snake case.
fn word(variant: &Variant) -> syn::Result<String> {
    for attribute in &variant.attrs {
        if attribute.path().is_ident("field") {
            return Ok(attribute.parse_args::<LitStr>()?.value());
        }
    }
    Ok(snake(&variant.ident))
}

fn expand_words(input: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let words = data
        .variants
        .iter()
        .map(word)
        .collect::<syn::Result<Vec<_>>>()?;
    let variants: Vec<_> = data.variants.iter().map(|v| &v.ident).collect();
    Ok(quote! {
        impl #ident {
            /// The word that stands for it.
            pub const fn as_word(&self) -> &'static str {
                match self { #(Self::#variants => #words),* }
            }

            /// What the word stands for.
            pub fn from_word(word: &str) -> ::std::option::Option<Self> {
                match word { #(#words => Some(Self::#variants),)* _ => None }
            }
        }

        impl ::qpiac::model::Field for #ident {
            const SHAPE: ::qpiac::model::Shape = ::qpiac::model::Shape::Word(&[#(#words),*]);

            fn value(&self) -> ::qpiac::model::Value {
                ::qpiac::model::Value::Text(self.as_word().to_owned())
            }

            fn from_value(
                value: &::qpiac::model::Value,
            ) -> ::std::result::Result<Self, ::qpiac::model::Misfit> {
                match value {
                    ::qpiac::model::Value::Text(word) => Self::from_word(word)
                        .ok_or_else(|| ::qpiac::model::Misfit::new("a known word", value)),
                    other => Err(::qpiac::model::Misfit::new("a word", other)),
                }
            }
        }
    })
}

fn expand_one_of(input: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let mut members = Vec::new();
    let mut to = Vec::new();
    let mut from = Vec::new();
    for variant in &data.variants {
        let (name, key) = (&variant.ident, word(variant)?);
        let doc = doc(&variant.attrs, "a variant", variant)?;
        match &variant.fields {
            Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
                let ty = &unnamed.unnamed[0].ty;
                members.push(quote! { ::qpiac::model::Member {
                    name: #key, doc: #doc, shape: <#ty as ::qpiac::model::Field>::SHAPE,
                } });
                to.push(
                    quote! { Self::#name(inner) => (#key, ::qpiac::model::Field::value(inner)) },
                );
                from.push(quote! { #key => ::qpiac::model::Field::from_value(inner)
                .map(Self::#name).map_err(|e| e.under(#key)) });
            }
            Fields::Unit => {
                members.push(quote! { ::qpiac::model::Member {
                    name: #key, doc: #doc, shape: ::qpiac::model::Shape::Bool,
                } });
                to.push(quote! { Self::#name => (#key, ::qpiac::model::Value::Bool(true)) });
                from.push(quote! { #key => Ok(Self::#name) });
            }
            Fields::Unnamed(_) | Fields::Named(_) => {
                return Err(syn::Error::new_spanned(
                    variant,
                    "expected at most one field",
                ));
            }
        }
    }
    Ok(quote! {
        impl ::qpiac::model::Field for #ident {
            const SHAPE: ::qpiac::model::Shape = ::qpiac::model::Shape::OneOf(&[#(#members),*]);

            fn value(&self) -> ::qpiac::model::Value {
                let (key, inner) = match self { #(#to),* };
                ::qpiac::model::Value::Map(
                    ::std::collections::BTreeMap::from([(key.to_owned(), inner)])
                )
            }

            fn from_value(
                value: &::qpiac::model::Value,
            ) -> ::std::result::Result<Self, ::qpiac::model::Misfit> {
                let misfit = || ::qpiac::model::Misfit::new("one of several structures", value);
                let ::qpiac::model::Value::Map(items) = value else { return Err(misfit()) };
                let (Some((key, inner)), 1) = (items.iter().next(), items.len()) else {
                    return Err(misfit());
                };
                match key.as_str() { #(#from,)* _ => Err(misfit()) }
            }
        }
    })
}
