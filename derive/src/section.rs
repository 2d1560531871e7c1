//! `#[derive(Section)]`: a struct of spanned fields becomes a section of the stack file.
//!
//! May depend on `syn` and `quote` only. Invariant: a key without a description, or without a
//! decision on what holds where it is left out, does not compile.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, DeriveInput, Error, Field, LitStr, Result, Type};

use crate::documented;

struct Key<'a> {
    field: &'a Ident,
    name: String,
    doc: String,
    inner: &'a Type,
    presence: Presence,
    example: Option<LitStr>,
    items: Items,
    needs: Option<LitStr>,
}

/// What a list must be beyond its items' form.
#[derive(Default)]
struct Items {
    distinct: bool,
    some: bool,
}

/// What is said of a section as a whole.
#[derive(Default)]
struct Whole {
    short: Option<LitStr>,
    exactly_one: Option<LitStr>,
    at_least_one: Option<LitStr>,
}

enum Presence {
    Required(LitStr),
    Default(LitStr),
    Absent(LitStr),
}

/// The implementation that reads the section and shows its shape.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let whole = whole(&input.attrs)?;
    let doc = documented::doc(&input.attrs, "a section", name)?;
    let fields = documented::fields(input)?;
    let keys = fields.into_iter().map(key).collect::<Result<Vec<_>>>()?;
    let shape = shape(name, &doc, &keys, &whole)?;
    let read = read(&keys, whole.short.as_ref());
    Ok(quote! {
        impl ::qpiac::spec::reader::FromNode for #name {
            fn shape() -> ::qpiac::spec::shape::Shape {
                #shape
            }

            fn from_node(
                node: &::qpiac::spec::tree::Node,
                reader: &mut ::qpiac::spec::reader::Reader,
            ) -> ::std::option::Option<Self> {
                #read
            }
        }
    })
}

fn read(keys: &[Key<'_>], short: Option<&LitStr>) -> TokenStream {
    let names = keys.iter().map(|key| &key.name);
    let fields = keys.iter().map(|key| {
        let Key { field, name, .. } = key;
        match &key.presence {
            Presence::Required(example) => {
                quote! { #field: keys.required(reader, #name, #example) }
            }
            Presence::Default(value) => quote! { #field: keys.defaulted(reader, #name, #value) },
            Presence::Absent(_) => quote! { #field: keys.optional(reader, #name) },
        }
    });
    let widened = short.map(|key| {
        quote! { let widened = node.widened(#key); let node = widened.as_ref().unwrap_or(node); }
    });
    quote! {
        #widened
        let keys = reader.section(node, &[#(#names),*])?;
        ::std::option::Option::Some(Self { #(#fields),* })
    }
}

fn shape(name: &Ident, doc: &str, keys: &[Key<'_>], whole: &Whole) -> Result<TokenStream> {
    let choice = choice(keys, whole)?;
    for needs in keys.iter().filter_map(|key| key.needs.as_ref()) {
        known(keys, &needs.value(), needs)?;
    }
    let title = name.to_string();
    let shapes = keys.iter().map(|key| {
        let Key {
            name, doc, inner, ..
        } = key;
        let Items { distinct, some } = key.items;
        let needs = match &key.needs {
            Some(needs) => quote! { ::std::option::Option::Some(#needs) },
            None => quote! { ::std::option::Option::None },
        };
        let presence = match &key.presence {
            Presence::Required(_) => quote! { Required },
            Presence::Default(value) => quote! { Default(#value) },
            Presence::Absent(words) => quote! { Absent(#words) },
        };
        let example = match (&key.presence, &key.example) {
            (Presence::Required(example), _) | (_, Some(example)) => {
                quote! { ::std::option::Option::Some(#example) }
            }
            (_, None) => quote! { ::std::option::Option::None },
        };
        quote! {
            ::qpiac::spec::shape::KeyShape {
                name: #name,
                doc: #doc,
                shape: <#inner as ::qpiac::spec::reader::FromNode>::shape(),
                presence: ::qpiac::spec::shape::Presence::#presence,
                example: #example,
                distinct: #distinct,
                some: #some,
                needs: #needs,
            }
        }
    });
    let section = quote! {
        ::qpiac::spec::shape::Shape::Section(::qpiac::spec::shape::SectionShape {
            name: #title,
            doc: #doc,
            keys: ::std::vec![#(#shapes),*],
            choice: #choice,
        })
    };
    let Some(short) = &whole.short else {
        return Ok(section);
    };
    let inner = known(keys, &short.value(), short)?.inner;
    Ok(quote! {
        ::qpiac::spec::shape::Shape::Either(::std::vec![
            <#inner as ::qpiac::spec::reader::FromNode>::shape(),
            #section,
        ])
    })
}

/// The key of this name.
fn known<'a, 'b>(keys: &'b [Key<'a>], name: &str, at: &LitStr) -> Result<&'b Key<'a>> {
    let found = keys.iter().find(|key| key.name == name);
    found.ok_or_else(|| Error::new_spanned(at, "no key of this section has that name"))
}

/// Which of the keys exclude or need each other.
fn choice(keys: &[Key<'_>], whole: &Whole) -> Result<TokenStream> {
    let (rule, names) = match (&whole.exactly_one, &whole.at_least_one) {
        (None, None) => return Ok(quote! { ::std::option::Option::None }),
        (Some(names), None) => (quote! { ExactlyOne }, names),
        (None, Some(names)) => (quote! { AtLeastOne }, names),
        (Some(names), Some(_)) => {
            let message = "a section has one choice at most";
            return Err(Error::new_spanned(names, message));
        }
    };
    let list = names.value();
    let list: Vec<&str> = list.split(", ").collect();
    list.iter()
        .try_for_each(|name| known(keys, name, names).map(|_| ()))?;
    Ok(quote! {
        ::std::option::Option::Some(::qpiac::spec::shape::Choice::#rule(&[#(#list),*]))
    })
}

fn key(field: &Field) -> Result<Key<'_>> {
    let ident = documented::name(field)?;
    let (mut default, mut absent, mut example, mut needs) = (None, None, None, None);
    let mut items = Items::default();
    for attribute in field.attrs.iter().filter(|it| it.path().is_ident("key")) {
        attribute.parse_nested_meta(|meta| {
            let slot = match meta.path.get_ident().map(Ident::to_string).as_deref() {
                Some("default") => &mut default,
                Some("absent") => &mut absent,
                Some("example") => &mut example,
                Some("needs") => &mut needs,
                Some("distinct") => {
                    items.distinct = true;
                    return Ok(());
                }
                Some("some") => {
                    items.some = true;
                    return Ok(());
                }
                _ => {
                    return Err(
                        meta.error("expected default, absent, example, needs, distinct or some")
                    );
                }
            };
            *slot = Some(meta.value()?.parse::<LitStr>()?);
            Ok(())
        })?;
    }
    let (wrapper, inner) = wrapped(&field.ty)?;
    let presence = match (wrapper.to_string().as_str(), default, absent) {
        ("Optional", None, Some(words)) => Presence::Absent(words),
        ("Optional", _, _) => {
            let message = "say what holds without it: #[key(absent = \"...\")]";
            return Err(Error::new_spanned(ident, message));
        }
        ("Spanned", Some(value), None) => Presence::Default(value),
        ("Spanned", None, None) => match example.clone() {
            Some(example) => Presence::Required(example),
            None => {
                let message = "a required key needs #[key(example = \"...\")], any other #[key(default = \"...\")]";
                return Err(Error::new_spanned(ident, message));
            }
        },
        _ => {
            let message = "`absent` belongs to a field of type Optional<T>";
            return Err(Error::new_spanned(ident, message));
        }
    };
    Ok(Key {
        field: ident,
        name: documented::name_text(ident),
        doc: documented::doc(&field.attrs, "a key", ident)?,
        inner,
        presence,
        example,
        items,
        needs,
    })
}

/// `Spanned<T>` or `Optional<T>`, and `T`.
fn wrapped(ty: &Type) -> Result<(&Ident, &Type)> {
    let message = "a key has the type Spanned<T>, or Optional<T> where it may be left out";
    let Type::Path(path) = ty else {
        return Err(Error::new_spanned(ty, message));
    };
    let Some(segment) = path.path.segments.last() else {
        return Err(Error::new_spanned(ty, message));
    };
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Err(Error::new_spanned(ty, message));
    };
    match (segment.ident.to_string().as_str(), arguments.args.first()) {
        ("Spanned" | "Optional", Some(syn::GenericArgument::Type(inner))) => {
            Ok((&segment.ident, inner))
        }
        _ => Err(Error::new_spanned(ty, message)),
    }
}

/// `#[section(short = "key")]`: the section may be written as the value of that key alone.
/// `exactly_one = "a, b"` and `at_least_one = "a, b"`: how many of these keys there are.
fn whole(attributes: &[Attribute]) -> Result<Whole> {
    let mut whole = Whole::default();
    for attribute in attributes.iter().filter(|it| it.path().is_ident("section")) {
        attribute.parse_nested_meta(|meta| {
            let slot = match meta.path.get_ident().map(Ident::to_string).as_deref() {
                Some("short") => &mut whole.short,
                Some("exactly_one") => &mut whole.exactly_one,
                Some("at_least_one") => &mut whole.at_least_one,
                _ => return Err(meta.error("expected short, exactly_one or at_least_one")),
            };
            *slot = Some(meta.value()?.parse::<LitStr>()?);
            Ok(())
        })?;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(input: &DeriveInput, message: &str) {
        let error = expand(input).expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn every_key_needs_a_description_and_a_decision() {
        refused(
            &syn::parse_quote! { /** A. */ struct A { #[key(default = "1")] b: Spanned<u8> } },
            "a key needs a doc comment",
        );
        refused(
            &syn::parse_quote! { struct A { /** B. */ #[key(default = "1")] b: Spanned<u8> } },
            "a section needs a doc comment",
        );
        refused(
            &syn::parse_quote! { /** A. */ struct A { /** B. */ b: Spanned<u8> } },
            "a required key needs",
        );
        refused(
            &syn::parse_quote! { /** A. */ struct A { /** B. */ b: Optional<u8> } },
            "say what holds without it",
        );
        refused(
            &syn::parse_quote! { /** A. */ struct A { /** B. */ #[key(default = "1")] b: u8 } },
            "a key has the type Spanned<T>",
        );
        refused(
            &syn::parse_quote! { /** A. */ struct A { /** B. */ #[key(defalt = "1")] b: Spanned<u8> } },
            "expected default, absent, example, needs, distinct or some",
        );
        refused(
            &syn::parse_quote! {
                /** A. */ #[section(short = "c")]
                struct A { /** B. */ #[key(default = "1")] b: Spanned<u8> }
            },
            "no key of this section has that name",
        );
        refused(
            &syn::parse_quote! {
                /** A. */ #[section(exactly_one = "b, c")]
                struct A { /** B. */ #[key(default = "1")] b: Spanned<u8> }
            },
            "no key of this section has that name",
        );
    }

    #[test]
    fn a_complete_declaration_is_accepted() {
        let input: DeriveInput = syn::parse_quote! {
            /// A.
            #[section(short = "b")]
            struct A {
                /// B.
                #[key(example = "1")]
                b: Spanned<u8>,
                /// C.
                #[key(absent = "none")]
                r#type: Optional<u8>,
            }
        };
        let code = expand(&input).expect("a section").to_string();
        assert!(
            code.contains("\"type\"") && code.contains("\"none\""),
            "{code}"
        );
    }
}
