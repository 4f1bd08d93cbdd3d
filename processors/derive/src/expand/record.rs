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
    let entry = quote_spanned!(ident.span()=> ::dyeline::contract::RecordType::of::<#ident>());
    quote! {
        #[automatically_derived]
        const _: () = {
            impl ::dyeline::contract::Record for #ident {
                #header
                #decoding
                #encoding
                #keys
            }
            ::dyeline::__private::inventory::submit! { #entry }
        };
    }
}

fn header(record: &Record) -> TokenStream {
    let name = &record.name;
    let fields = record.fields.iter().map(|field| {
        let (name, type_) = (&field.name, &field.type_);
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
    let count = record.fields.len();
    // At the type's place, here and below: a type that is no field is reported once, there.
    let each = |make: &dyn Fn(usize, &syn::Type) -> TokenStream| -> Vec<TokenStream> {
        let fields = record.fields.iter().enumerate();
        fields
            .map(|(number, field)| {
                let (ident, value) = (&field.ident, make(number, &field.type_));
                quote!(#ident: #value)
            })
            .collect()
    };
    let rows = each(&|number, type_| quote_spanned!(type_.span()=> row.field::<#type_>(#number)?));
    let fields = each(&|number, type_| {
        quote_spanned! {type_.span()=>
            <#type_ as ::dyeline::record::Field>::decode_bytes(fields[#number])
                .map_err(|fault| ::dyeline::record::FieldError::new(fault, #number))?
        }
    });
    let binary = each(&|number, type_| {
        quote_spanned! {type_.span()=>
            <#type_ as ::dyeline::record::Field>::decode(input)
                .map_err(|fault| ::dyeline::record::FieldError::new(fault, #number))?
        }
    });
    quote! {
        #[inline(always)]
        fn decode_row(
            row: &mut ::dyeline::record::RowCursor<'_>,
        ) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
            ::core::result::Result::Ok(Self { #(#rows),* })
        }

        fn decode_fields(
            fields: &[&[u8]],
        ) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
            if fields.len() != #count {
                return ::core::result::Result::Err(::dyeline::record::FieldError::count(#count, fields.len()));
            }
            ::core::result::Result::Ok(Self { #(#fields),* })
        }

        #[inline]
        fn decode(
            input: &mut &[u8],
        ) -> ::core::result::Result<Self, ::dyeline::record::FieldError> {
            ::core::result::Result::Ok(Self { #(#binary),* })
        }
    }
}

fn encoding(record: &Record) -> TokenStream {
    let texts = record.fields.iter().enumerate().map(|(number, field)| {
        let (ident, type_) = (&field.ident, &field.type_);
        let delimiter = (number > 0).then(|| quote!(out.push(delimiter);));
        quote_spanned! {type_.span()=>
            #delimiter
            <#type_ as ::dyeline::record::Field>::encode_text(&self.#ident, delimiter, out);
        }
    });
    let binary = record.fields.iter().map(|field| {
        let (ident, type_) = (&field.ident, &field.type_);
        quote_spanned!(type_.span()=> <#type_ as ::dyeline::record::Field>::encode(&self.#ident, out);)
    });
    quote! {
        #[inline]
        fn encode_row(&self, delimiter: u8, out: &mut ::std::vec::Vec<u8>) {
            #(#texts)*
        }

        #[inline]
        fn encode(&self, out: &mut ::std::vec::Vec<u8>) {
            #(#binary)*
        }
    }
}

fn keys(record: &Record) -> TokenStream {
    let fields = || record.fields.iter().enumerate();
    let hashes = fields().map(|(number, field)| {
        let (ident, type_) = (&field.ident, &field.type_);
        quote_spanned!(type_.span()=> #number => <#type_ as ::dyeline::record::Field>::hash(&self.#ident),)
    });
    let compares = fields().map(|(number, field)| {
        let (ident, type_) = (&field.ident, &field.type_);
        quote_spanned! {type_.span()=>
            #number => <#type_ as ::dyeline::record::Field>::compare(&self.#ident, &other.#ident),
        }
    });
    quote! {
        #[inline]
        fn hash_field(&self, field: usize) -> u64 {
            match field {
                #(#hashes)*
                _ => ::dyeline::__private::no_such_field(field, &Self::SCHEMA),
            }
        }

        #[inline]
        fn compare_field(&self, other: &Self, field: usize) -> ::core::cmp::Ordering {
            match field {
                #(#compares)*
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
