//! Derives that project types onto plain values.
//!
//! `Resource`, `Field` and `Outputs` serve the resource kinds, `Section` serves `stack.yaml`.
//! Invariant: what a declaration leaves open (a decision, a doc comment) does not compile.

mod documented;
mod field;
mod outputs;
mod resource;
mod section;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a resource kind: its attributes, its projection onto values, its schema.
#[proc_macro_derive(Resource, attributes(resource, attribute))]
pub fn derive_resource(input: TokenStream) -> TokenStream {
    finish(resource::expand(&parse_macro_input!(input as DeriveInput)))
}

/// Makes a nested struct or an enum usable as an attribute.
#[proc_macro_derive(Field, attributes(field))]
pub fn derive_field(input: TokenStream) -> TokenStream {
    finish(field::expand(&parse_macro_input!(input as DeriveInput)))
}

/// Makes a struct of identifiers the outputs of a kind, with a struct of references beside it.
#[proc_macro_derive(Outputs, attributes(output))]
pub fn derive_outputs(input: TokenStream) -> TokenStream {
    finish(outputs::expand(&parse_macro_input!(input as DeriveInput)))
}

/// Makes a struct a section of `stack.yaml`: how it is read, its schema, its reference.
#[proc_macro_derive(Section, attributes(section, key))]
pub fn derive_section(input: TokenStream) -> TokenStream {
    finish(section::expand(&parse_macro_input!(input as DeriveInput)))
}

fn finish(tokens: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    tokens.unwrap_or_else(syn::Error::into_compile_error).into()
}
