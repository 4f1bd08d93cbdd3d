//! The code of `#[derive(Record)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::record::Record;

/// The whole implementation.
pub(crate) fn record(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let header = header(record);
    let decoding = decoding(record);
    let encoding = encoding(record);
    let keys = keys(record);
    quote! {
        #[automatically_derived]
        const _: () = {
            impl ::dyeline::contract::Record for #ident {
                #header
                #decoding
                #encoding
                #keys
            }
            ::dyeline::__private::inventory::submit! { ::dyeline::contract::RecordType::of::<#ident>() }
        };
    }
}

fn header(record: &Record) -> TokenStream {
    let name = &record.name;
    let fields = record.fields.iter().map(|field| {
        let (name, type_) = (&field.name, &field.type_);
        // At the type's place, so that a type that is no field is reported there.
        quote_spanned! {type_.span()=>
            ::dyeline::contract::SchemaField {
                name: #name,
                kind: <#type_ as ::dyeline::record::Field>::KIND,
                optional: <#type_ as ::dyeline::record::Field>::OPTIONAL,
            }
        }
    });
    quote! {
        const SCHEMA: ::dyeline::contract::Schema =
            ::dyeline::contract::Schema { name: #name, fields: &[#(#fields),*] };
        const DEFINED_AT: &'static str = ::core::concat!(::core::file!(), ":", ::core::line!());
    }
}

fn decoding(record: &Record) -> TokenStream {
    let idents: Vec<_> = record.fields.iter().map(|f| &f.ident).collect();
    let numbers: Vec<_> = (0..idents.len()).collect();
    let count = idents.len();
    quote! {
        #[inline(always)]
        fn decode_row(
            row: &mut ::dyeline::record::RowCursor<'_>,
        ) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
            ::core::result::Result::Ok(Self { #(#idents: row.field(#numbers)?),* })
        }

        fn decode_fields(
            fields: &[&[u8]],
        ) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
            if fields.len() != #count {
                return ::core::result::Result::Err(::dyeline::record::FieldError::count(#count, fields.len()));
            }
            ::core::result::Result::Ok(Self {
                #(#idents: ::dyeline::record::Field::decode_bytes(fields[#numbers])
                    .map_err(|fault| ::dyeline::record::FieldError::new(fault, #numbers))?),*
            })
        }

        #[inline]
        fn decode(
            input: &mut &[u8],
        ) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
            ::core::result::Result::Ok(Self {
                #(#idents: ::dyeline::record::Field::decode(input)
                    .map_err(|fault| ::dyeline::record::FieldError::new(fault, #numbers))?),*
            })
        }
    }
}

fn encoding(record: &Record) -> TokenStream {
    let idents: Vec<_> = record.fields.iter().map(|f| &f.ident).collect();
    let delimiters = (0..idents.len()).map(|i| if i == 0 { quote!() } else { quote!(out.push(delimiter);) });
    quote! {
        #[inline]
        fn encode_row(&self, delimiter: u8, out: &mut ::std::vec::Vec<u8>) {
            #(#delimiters ::dyeline::record::Field::encode_text(&self.#idents, delimiter, out);)*
        }

        #[inline]
        fn encode(&self, out: &mut ::std::vec::Vec<u8>) {
            #(::dyeline::record::Field::encode(&self.#idents, out);)*
        }
    }
}

fn keys(record: &Record) -> TokenStream {
    let idents: Vec<_> = record.fields.iter().map(|f| &f.ident).collect();
    let numbers: Vec<_> = (0..idents.len()).collect();
    quote! {
        #[inline]
        fn hash_field(&self, field: usize) -> u64 {
            match field {
                #(#numbers => ::dyeline::record::Field::hash(&self.#idents),)*
                _ => ::dyeline::__private::no_such_field(field, &Self::SCHEMA),
            }
        }

        #[inline]
        fn compare_field(&self, other: &Self, field: usize) -> ::core::cmp::Ordering {
            match field {
                #(#numbers => ::dyeline::record::Field::compare(&self.#idents, &other.#idents),)*
                _ => ::dyeline::__private::no_such_field(field, &Self::SCHEMA),
            }
        }
    }
}

/// What stands in after a mistake, so that no other place complains.
pub(crate) fn stub(record: &Record) -> TokenStream {
    let (ident, name) = (&record.ident, &record.name);
    quote! {
        #[automatically_derived]
        impl ::dyeline::contract::Record for #ident {
            const SCHEMA: ::dyeline::contract::Schema = ::dyeline::contract::Schema { name: #name, fields: &[] };
            fn decode_row(
                _: &mut ::dyeline::record::RowCursor<'_>,
            ) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
                ::core::unreachable!()
            }
            fn decode_fields(_: &[&[u8]]) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
                ::core::unreachable!()
            }
            fn encode_row(&self, _: u8, _: &mut ::std::vec::Vec<u8>) {}
            fn encode(&self, _: &mut ::std::vec::Vec<u8>) {}
            fn decode(_: &mut &[u8]) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
                ::core::unreachable!()
            }
            fn hash_field(&self, _: usize) -> u64 {
                0
            }
            fn compare_field(&self, _: &Self, _: usize) -> ::core::cmp::Ordering {
                ::core::cmp::Ordering::Equal
            }
        }
    }
}
