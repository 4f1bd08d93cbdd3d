//! Saving and restoring `#[state]` fields, and taking over live parameters.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use crate::{
    params::{FieldKind, ProcessorField},
    processor::Processor,
};

/// The implementation of `Stateful`.
pub(crate) fn stateful(processor: &Processor) -> TokenStream {
    let ident = &processor.ident;
    let states: Vec<&ProcessorField> =
        processor.fields.iter().filter(|f| matches!(f.kind, FieldKind::State)).collect();
    let saved = !states.is_empty();
    let has_state = saved || processor.unsaved;
    let saves = states.iter().map(|f| {
        let (ident, name) = (&f.ident, f.ident.unraw().to_string());
        quote_spanned! {f.type_.span()=>
            let value = &self.#ident;
            state.field(#name, value)?;
        }
    });
    let restores = states.iter().map(|f| {
        let (ident, name) = (&f.ident, f.ident.unraw().to_string());
        quote_spanned!(f.type_.span()=> self.#ident = state.field(#name)?;)
    });
    let (writer, reader) = if saved {
        (
            quote!(let mut state = ::dyeline::__private::StateWriter::new(out);),
            quote!(let mut state = ::dyeline::__private::StateReader::new(state)?;),
        )
    } else {
        (quote!(let _ = out;), quote!(let _ = state;))
    };
    let set_live = set_live(processor);
    quote! {
        impl ::dyeline::contract::roles::Stateful for #ident {
            const HAS_STATE: bool = #has_state;

            fn save(&self, out: &mut ::std::vec::Vec<u8>) -> ::dyeline::contract::Result<()> {
                #writer
                #(#saves)*
                ::core::result::Result::Ok(())
            }

            fn restore(&mut self, state: &[u8]) -> ::dyeline::contract::Result<()> {
                #reader
                #(#restores)*
                ::core::result::Result::Ok(())
            }

            #set_live
        }
    }
}

fn set_live(processor: &Processor) -> TokenStream {
    let live: Vec<_> = processor
        .fields
        .iter()
        .filter_map(|f| match &f.kind {
            FieldKind::Param(param) if param.live => Some((&f.ident, &f.type_, &param.name)),
            _ => None,
        })
        .collect();
    let idents: Vec<_> = live.iter().map(|(ident, ..)| ident).collect();
    let locals: Vec<_> = idents.iter().map(|i| quote::format_ident!("param_{}", i.unraw())).collect();
    let types = live.iter().map(|(_, type_, _)| type_);
    let names = live.iter().map(|(.., name)| name);
    quote! {
        fn set_live(
            &mut self,
            params: &::dyeline::contract::ParamMap,
        ) -> ::core::result::Result<(), ::std::vec::Vec<(::std::string::String, ::dyeline::contract::ParamError)>> {
            let mut live = ::dyeline::__private::LiveParams::new(params);
            #(let #locals = live.read::<#types>(#names);)*
            live.finish()?;
            #(if let ::core::option::Option::Some(value) = #locals { self.#idents = value; })*
            ::core::result::Result::Ok(())
        }
    }
}
