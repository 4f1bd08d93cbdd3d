//! The struct of a processor with several outputs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use crate::processor::{Outputs, Processor};

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

/// Name and type of each port.
pub(crate) fn ports(processor: &Processor) -> Vec<(String, syn::Type)> {
    match &processor.types.outputs {
        Outputs::None => Vec::new(),
        Outputs::One(type_) => vec![("out".to_owned(), (**type_).clone())],
        Outputs::Several(ports) => ports
            .iter()
            .map(|(name, type_)| (name.unraw().to_string().replace('_', "-"), type_.clone()))
            .collect(),
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
