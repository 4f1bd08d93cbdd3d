//! The struct of a processor with several outputs, and the enum of one with several inputs.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use crate::{
    ports::{Inputs, Outputs, in_chain_files},
    processor::Processor,
};

/// The type that `process` gets for its outputs.
pub(crate) fn out_type(processor: &Processor) -> TokenStream {
    match &processor.types.outputs {
        Outputs::One(type_) => quote!(::dyeline::contract::Emitter<#type_>),
        Outputs::Several(_) => {
            let ident = processor.outputs_ident();
            quote!(#ident)
        }
        Outputs::None => quote!(()),
    }
}

/// The type of the items that `process` takes.
pub(crate) fn in_type(processor: &Processor) -> TokenStream {
    match &processor.types.inputs {
        Inputs::One(type_) => quote!(#type_),
        Inputs::Several(_) => {
            let ident = processor.inputs_ident();
            quote!(#ident)
        }
        Inputs::None => quote!(()),
    }
}

/// Name and type of each input port.
pub(crate) fn input_ports(processor: &Processor) -> Vec<(String, syn::Type)> {
    match &processor.types.inputs {
        Inputs::None => Vec::new(),
        Inputs::One(type_) => vec![("in".to_owned(), (**type_).clone())],
        Inputs::Several(inputs) => {
            inputs.iter().map(|i| (in_chain_files(&i.name), i.type_.clone())).collect()
        }
    }
}

/// Name and type of each output port.
pub(crate) fn output_ports(processor: &Processor) -> Vec<(String, syn::Type)> {
    match &processor.types.outputs {
        Outputs::None => Vec::new(),
        Outputs::One(type_) => vec![("out".to_owned(), (**type_).clone())],
        Outputs::Several(ports) => {
            ports.iter().map(|(name, type_)| (in_chain_files(name), type_.clone())).collect()
        }
    }
}

/// The enum of the inputs and its `Inputs`, if there are several.
pub(crate) fn inputs(processor: &Processor) -> TokenStream {
    let Inputs::Several(inputs) = &processor.types.inputs else { return TokenStream::new() };
    let (ident, visibility) = (processor.inputs_ident(), &processor.visibility);
    let variants: Vec<_> = inputs.iter().map(|i| &i.variant).collect();
    let types: Vec<_> = inputs.iter().map(|i| &i.type_).collect();
    let docs = inputs.iter().map(|i| format!("What arrives at `{}`.", in_chain_files(&i.name)));
    let doc = format!("An item of one of the inputs of [`{}`].", processor.ident);
    let (count, numbers) = (variants.len(), (0..variants.len()).collect::<Vec<_>>());
    // Of a record at its type's place, so that a type that is none is reported there.
    let arrivals = types.iter().zip(&variants).map(|(type_, variant)| {
        quote_spanned! {type_.span()=>
            taker.take(chunk.items_mut::<#type_>(), #ident::#variant)
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone)]
        #[allow(dead_code, clippy::large_enum_variant, clippy::enum_variant_names)]
        #visibility enum #ident {
            #(
                #[doc = #docs]
                #variants(#types),
            )*
        }

        #[automatically_derived]
        impl ::dyeline::contract::Inputs for #ident {
            const COUNT: usize = #count;

            #[inline]
            fn arrive<T: ::dyeline::contract::inputs::Taker<Self>>(
                port: usize,
                chunk: &mut ::dyeline::contract::Chunk,
                taker: T,
            ) -> T::Taken {
                match port {
                    #(#numbers => #arrivals,)*
                    _ => ::dyeline::__private::no_such_port(port, #count),
                }
            }
        }
    }
}

/// The struct of the outputs and its `Ports`, if there are several.
pub(crate) fn outputs(processor: &Processor) -> TokenStream {
    let Outputs::Several(ports) = &processor.types.outputs else { return TokenStream::new() };
    let (ident, visibility) = (processor.outputs_ident(), &processor.visibility);
    let names: Vec<_> = ports.iter().map(|(name, _)| name).collect();
    let types: Vec<_> = ports.iter().map(|(_, type_)| type_).collect();
    let docs = names.iter().map(|name| format!("What goes to `{}`.", name.unraw()));
    let doc = format!("The outputs of [`{}`].", processor.ident);
    let (count, numbers) = (names.len(), (0..names.len()).collect::<Vec<_>>());
    quote! {
        #[doc = #doc]
        #[derive(Default)]
        #visibility struct #ident {
            #(
                #[doc = #docs]
                pub #names: ::dyeline::contract::Emitter<#types>,
            )*
        }

        #[automatically_derived]
        impl ::dyeline::contract::Ports for #ident {
            const COUNT: usize = #count;
            type Mark = [usize; #count];

            fn chunk(port: usize) -> ::dyeline::contract::Chunk {
                match port {
                    #(#numbers => <::dyeline::contract::Emitter<#types> as ::dyeline::contract::Ports>::chunk(0),)*
                    _ => ::dyeline::__private::no_such_port(port, #count),
                }
            }
            fn swap(&mut self, port: usize, chunk: &mut ::dyeline::contract::Chunk) {
                match port {
                    #(#numbers => ::dyeline::contract::Ports::swap(&mut self.#names, 0, chunk),)*
                    _ => ::dyeline::__private::no_such_port(port, #count),
                }
            }
            #[inline]
            fn emitted(&self) -> usize {
                0 #(+ ::dyeline::contract::Ports::emitted(&self.#names))*
            }
            #[inline]
            fn mark(&self) -> [usize; #count] {
                [#(::dyeline::contract::Ports::emitted(&self.#names)),*]
            }
            fn take_back(&mut self, mark: [usize; #count]) {
                #(::dyeline::contract::Ports::take_back(&mut self.#names, mark[#numbers]);)*
            }
            fn append(&mut self, other: &mut Self) {
                #(::dyeline::contract::Ports::append(&mut self.#names, &mut other.#names);)*
            }
        }
    }
}
