//! Doc comments and names, which every derive needs.

use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Field, Fields, Ident, Lit, Meta};

/// The doc comment as one line per paragraph; an error where there is none.
pub(crate) fn doc(attributes: &[Attribute], what: &str, at: &impl Spanned) -> syn::Result<String> {
    let mut text = String::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("doc")) {
        let Meta::NameValue(pair) = &attribute.meta else {
            continue;
        };
        if let Expr::Lit(literal) = &pair.value
            && let Lit::Str(line) = &literal.lit
        {
            let line = line.value();
            let line = line.trim();
            if line.is_empty() {
                text.push_str("\n\n");
            } else {
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push(' ');
                }
                text.push_str(line);
            }
        }
    }
    if text.is_empty() {
        return Err(syn::Error::new(
            at.span(),
            format!("{what} needs a doc comment: it becomes the reference"),
        ));
    }
    Ok(text)
}

/// The named fields of a struct.
pub(crate) fn fields(input: &DeriveInput) -> syn::Result<Vec<&Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => Ok(named.named.iter().collect()),
            Fields::Unnamed(_) | Fields::Unit => {
                Err(syn::Error::new_spanned(input, "expected named fields"))
            }
        },
        Data::Enum(_) | Data::Union(_) => Err(syn::Error::new_spanned(input, "expected a struct")),
    }
}

/// The identifier of a named field.
pub(crate) fn name(field: &Field) -> syn::Result<&Ident> {
    field
        .ident
        .as_ref()
        .ok_or_else(|| syn::Error::new_spanned(field, "expected a named field"))
}

/// A field's name as text, without the `r#` of a raw identifier.
pub(crate) fn name_text(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

/// `PascalCase` as `snake_case`.
pub(crate) fn snake(ident: &Ident) -> String {
    let mut text = String::new();
    for (at, letter) in ident.to_string().chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}
