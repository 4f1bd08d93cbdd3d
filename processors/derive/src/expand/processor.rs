//! The code of the derives of the roles.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use super::{ports, state};
use crate::{
    params::{FieldKind, Param, ProcessorField},
    processor::Processor,
    role::Role,
};

/// The whole implementation.
pub(crate) fn processor(processor: &Processor) -> TokenStream {
    let (inputs, outputs) = (ports::inputs(processor), ports::outputs(processor));
    let types = types(processor);
    let stateful = state::stateful(processor);
    let build = build(processor);
    let entry = entry(processor);
    quote! {
        #inputs
        #outputs

        #[automatically_derived]
        const _: () = {
            #types
            #stateful
            #build
            #entry
        };
    }
}

/// What stands in after a mistake: the types, so that the user's half of the implementation still compiles.
pub(crate) fn stub(processor: &Processor) -> TokenStream {
    let gives = !ports::output_ports(processor).is_empty();
    let takes = !ports::input_ports(processor).is_empty();
    let known = match processor.role {
        Role::Splitter => processor.types.shard.is_some(),
        Role::Loader => {
            let types = &processor.types;
            types.shard.is_some() && types.cursor.is_some() && gives
        }
        Role::Processor | Role::Reducer => takes && gives,
        Role::Sink => takes,
    };
    if !known {
        return TokenStream::new();
    }
    let (inputs, outputs) = (ports::inputs(processor), ports::outputs(processor));
    let types = types(processor);
    quote!(#inputs #outputs #types)
}

/// The half of the role's trait that names types.
fn types(processor: &Processor) -> TokenStream {
    let ident = &processor.ident;
    let types = &processor.types;
    let (shard, cursor, input) = (&types.shard, &types.cursor, ports::in_type(processor));
    let out = ports::out_type(processor);
    let output = ports::output_ports(processor).into_iter().map(|(_, type_)| type_).next();
    match processor.role {
        Role::Splitter => quote! {
            impl ::dyeline::contract::roles::SplitTypes for #ident { type Shard = #shard; }
        },
        Role::Loader => quote! {
            impl ::dyeline::contract::roles::LoadTypes for #ident {
                type Shard = #shard;
                type Cursor = #cursor;
                type Output = #output;
            }
        },
        Role::Reducer if processor.aggregate => quote! {
            impl ::dyeline::contract::roles::AggregateTypes for #ident {
                type Input = #input;
                type Output = #output;
            }
        },
        Role::Processor | Role::Reducer => quote! {
            impl ::dyeline::contract::roles::ProcessTypes for #ident {
                type Input = #input;
                type Out = #out;
            }
        },
        Role::Sink => quote! {
            impl ::dyeline::contract::roles::WriteTypes for #ident { type Input = #input; }
        },
    }
}

/// From parameters to a node.
fn build(processor: &Processor) -> TokenStream {
    let ident = &processor.ident;
    let params: Vec<(&ProcessorField, &Param)> = processor.params().collect();
    let locals: Vec<_> =
        params.iter().map(|(field, _)| format_ident!("param_{}", field.ident.unraw())).collect();
    let reads = params.iter().zip(&locals).map(|((field, param), local)| {
        let (type_, name, default) = (&field.type_, &param.name, default(param));
        quote_spanned!(type_.span()=> let #local = params.read::<#type_>(#name, #default);)
    });
    let taken = (!locals.is_empty()).then(|| {
        quote! {
            let (#(::core::option::Option::Some(#locals),)*) = (#(#locals,)*) else {
                return ::core::result::Result::Err(::std::vec::Vec::new());
            };
        }
    });
    let mutable = (!locals.is_empty()).then(|| quote!(mut));
    let fields = processor.fields.iter().map(|field| {
        let (ident, type_) = (&field.ident, &field.type_);
        match field.kind {
            FieldKind::Param(_) => {
                let local = format_ident!("param_{}", ident.unraw());
                quote!(#ident: #local)
            }
            FieldKind::State => {
                quote_spanned!(type_.span()=> #ident: ::dyeline::__private::state::<#type_>())
            }
            FieldKind::Plain => {
                quote_spanned!(type_.span()=> #ident: ::dyeline::__private::plain::<#type_>())
            }
        }
    });
    let adapt = adapter(processor);
    // At the struct's place, so that a role that is not implemented is reported there.
    let node = quote_spanned!(ident.span()=> ::dyeline::__private::#adapt::<#ident>(built, args));
    quote! {
        fn build(
            args: &::dyeline::contract::BuildArgs<'_>,
        ) -> ::core::result::Result<::dyeline::contract::Node, ::std::vec::Vec<::dyeline::contract::registry::BuildError>> {
            let #mutable params = ::dyeline::__private::Params::new(args.params);
            #(#reads)*
            // Every mistake is known here, so that what follows finds all values there.
            params.finish()?;
            #taken
            let built = #ident { #(#fields,)* };
            ::core::result::Result::Ok(#node)
        }
    }
}

fn default(param: &Param) -> TokenStream {
    match &param.default {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

/// The function that makes a node of the built struct.
fn adapter(processor: &Processor) -> TokenStream {
    match processor.role {
        Role::Splitter => quote!(split),
        Role::Loader => quote!(load),
        Role::Processor if processor.asynchronous => quote!(process_async),
        Role::Processor => quote!(process),
        Role::Reducer if processor.aggregate => quote!(aggregate),
        Role::Reducer => quote!(reduce),
        Role::Sink => quote!(write),
    }
}

/// The entry in the registry.
fn entry(processor: &Processor) -> TokenStream {
    let (name, doc, role) = (&processor.name, &processor.doc, processor.role.tokens());
    let params = processor.params().map(|(field, param)| {
        let (type_, name, doc, live, default) = (&field.type_, &param.name, &param.doc, param.live, default(param));
        quote_spanned!(type_.span()=> ::dyeline::__private::param_type::<#type_>(#name, #default, #doc, #live))
    });
    let inputs = ports::input_ports(processor).into_iter().map(|(name, type_)| port(&name, &type_));
    let outputs = ports::output_ports(processor).into_iter().map(|(name, type_)| port(&name, &type_));
    let shard = match &processor.types.shard {
        Some(shard) => {
            let name = quote!(#shard).to_string().replace(' ', "");
            quote!(::core::option::Option::Some(#name))
        }
        None => quote!(::core::option::Option::None),
    };
    let state = format_ident!("{}", processor.state());
    let (combines, asynchronous) = (processor.aggregate, processor.asynchronous);
    quote! {
        ::dyeline::__private::inventory::submit! {
            ::dyeline::contract::ProcessorType {
                name: #name,
                role: #role,
                doc: #doc,
                params: || ::std::vec![#(#params),*],
                inputs: &[#(#inputs),*],
                outputs: &[#(#outputs),*],
                shard: #shard,
                state: ::dyeline::contract::StateKind::#state,
                combines: #combines,
                asynchronous: #asynchronous,
                build,
                defined_at: ::core::concat!(::core::file!(), ":", ::core::line!()),
            }
        }
    }
}

fn port(name: &str, type_: &syn::Type) -> TokenStream {
    quote! {
        ::dyeline::contract::PortType {
            name: #name,
            record: ::dyeline::contract::PortRecord::Typed(::dyeline::contract::RecordType::of::<#type_>),
        }
    }
}

impl Processor {
    fn params(&self) -> impl Iterator<Item = (&ProcessorField, &Param)> {
        self.fields.iter().filter_map(|field| match &field.kind {
            FieldKind::Param(param) => Some((field, param)),
            _ => None,
        })
    }

    /// Whether a checkpoint can be taken in the middle of a shard: a reducer that saves nothing remembers all.
    fn state(&self) -> &'static str {
        let saved = self.fields.iter().any(|f| matches!(f.kind, FieldKind::State));
        match (saved, self.role, self.unsaved) {
            (_, _, true) => "Unsaved",
            (true, ..) => "Saved",
            (false, Role::Reducer, _) => "Unsaved",
            (false, ..) => "None",
        }
    }
}
