//! `#[derive(Outputs)]`: what a resource gives to others, and typed references to it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Field, GenericArgument, LitStr, PathArguments, Type};

use crate::documented::{doc, fields, name, name_text};

struct Options {
    volatility: TokenStream,
    from: Option<String>,
}

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let (ident, vis) = (&input.ident, &input.vis);
    let refs_ident = format_ident!("{ident}Refs");
    let refs_doc = format!("References to [`{ident}`].");
    let mut infos = Vec::new();
    let mut members = Vec::new();
    let mut make = Vec::new();
    let mut to = Vec::new();
    let mut from = Vec::new();
    for field in fields(input)? {
        let member = name(field)?;
        let text = name_text(member);
        let doc = doc(&field.attrs, "an output", field)?;
        let class = class_of(&field.ty)?;
        let Options {
            volatility,
            from: same,
        } = options(field)?;
        let same = same.map_or_else(|| quote! { None }, |same| quote! { Some(#same) });
        infos.push(quote! { ::qpiac::model::OutputInfo {
            name: #text, doc: #doc,
            class: <#class as ::qpiac::model::Class>::CLASS,
            form: <#class as ::qpiac::model::Class>::FORM,
            volatility: ::qpiac::model::Volatility::#volatility, from: #same,
        } });
        members.push(quote! { #[doc = #doc] pub #member: ::qpiac::model::Ref<#class> });
        make.push(
            quote! { #member: ::qpiac::model::Ref::to(::qpiac::model::OutputName {
                address: address.clone(), output: ::std::borrow::Cow::Borrowed(#text),
            }) },
        );
        to.push(quote! {
            (::std::borrow::Cow::Borrowed(#text), self.#member.as_str().to_owned())
        });
        from.push(
            quote! { #member: values.get(#text).map(|id| ::qpiac::model::Id::from(id.as_str()))
            .ok_or_else(|| ::qpiac::model::Misfit::new("an output", &::qpiac::model::Value::Absent)
                .under(#text))? },
        );
    }
    Ok(quote! {
        #[doc = #refs_doc]
        #[derive(Clone, Debug)]
        #vis struct #refs_ident { #(#members),* }

        impl ::qpiac::model::Outputs for #ident {
            const OUTPUTS: &'static [::qpiac::model::OutputInfo] = &[#(#infos),*];
            type Refs = #refs_ident;

            fn refs(address: &::qpiac::model::Address) -> #refs_ident {
                #refs_ident { #(#make),* }
            }

            fn output_values(&self) -> ::qpiac::model::OutputValues {
                ::qpiac::model::OutputValues::from([#(#to),*])
            }

            fn from_output_values(
                values: &::qpiac::model::OutputValues,
            ) -> ::std::result::Result<Self, ::qpiac::model::Misfit> {
                Ok(Self { #(#from),* })
            }
        }
    })
}

/// The `C` of `Id<C>`.
fn class_of(ty: &Type) -> syn::Result<&Type> {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && last.ident == "Id"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(class)) = arguments.args.first()
    {
        return Ok(class);
    }
    Err(syn::Error::new_spanned(ty, "an output is an `Id<CLASS>`"))
}

fn options(field: &Field) -> syn::Result<Options> {
    let mut options = Options {
        volatility: quote! { Fixed },
        from: None,
    };
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("output")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("volatile") {
                options.volatility = if meta.input.peek(syn::Token![=]) {
                    let attribute = meta.value()?.parse::<LitStr>()?;
                    quote! { UpdateOf(#attribute) }
                } else {
                    quote! { AnyUpdate }
                };
            } else if meta.path.is_ident("from") {
                options.from = Some(meta.value()?.parse::<LitStr>()?.value());
            } else {
                return Err(meta.error(
                    "expected `volatile`, `volatile = \"ATTRIBUTE\"` or `from = \"ATTRIBUTE\"`",
                ));
            }
            Ok(())
        })?;
    }
    Ok(options)
}
