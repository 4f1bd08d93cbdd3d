//! Redirects: where they lead, and what goes there.

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, Method, StatusCode, header::LOCATION},
    routing::any,
};
use dyeline_router::{
    dye::Origin,
    process::Process,
    propagate::{Event, Hosts},
};

use crate::site::{client, header, process, run_in, serve};

/// Answers `/to/STATUS/URL` with a redirect, and anything else with what it got.
fn echo() -> Router {
    let redirect = async |Path((status, to)): Path<(u16, String)>| {
        (StatusCode::from_u16(status).unwrap(), [(LOCATION, to)])
    };
    let show = async |method: Method, headers: HeaderMap, body: String| {
        let shown = ["x-dye", "authorization", "content-type"].map(|name| header(&headers, name));
        format!("{method} {} [{body}]", shown.join(" "))
    };
    Router::new().route("/to/{status}/{*to}", any(redirect)).fallback(any(show))
}

#[test]
fn a_dye_follows_to_listed_hosts_and_to_no_other() {
    run_in("nightly:7", async {
        let port = serve(echo()).await.port();
        let only = Hosts::parse([format!("127.0.0.1:{port}").as_str()]).unwrap();
        let process = Process::new(Origin::new("start", "batch").unwrap()).with_hosts(only);
        let client = client(&process);
        let get = async |path: String| {
            let call =
                client.get(format!("http://127.0.0.1:{port}/{path}")).header("authorization", "secret");
            call.send().await.unwrap().text().await.unwrap()
        };
        assert_eq!(get("x".to_owned()).await, "GET nightly:7 secret none []");
        assert_eq!(get(format!("to/302/http://127.0.0.1:{port}/x")).await, "GET nightly:7 secret none []");
        assert_eq!(get("to/302/%2Felsewhere".to_owned()).await, "GET nightly:7 secret none []");
        assert_eq!(process.stats().get(Event::Withheld), 0);
        // The same server by another name: neither the dye nor the password goes there.
        assert_eq!(get(format!("to/302/http://localhost:{port}/x")).await, "GET none none none []");
        assert_eq!(process.stats().get(Event::Withheld), 1);
        // And back again.
        let back = format!("to/307/http://localhost:{port}/to/307/http://127.0.0.1:{port}/x");
        assert_eq!(get(back).await, "GET nightly:7 none none []");
    });
}

#[test]
fn the_method_and_the_body_go_on_as_the_standard_says() {
    run_in("nightly:7", async {
        let address = serve(echo()).await;
        let client = client(&Process::new(Origin::new("start", "batch").unwrap()));
        let call = async |method: Method, status: u16| {
            let url = format!("http://{address}/to/{status}/http://{address}/x");
            let call = client.request(method, url).header("content-type", "t").body("words");
            call.send().await.unwrap().text().await.unwrap()
        };
        for status in [301, 302, 303] {
            assert_eq!(call(Method::POST, status).await, "GET nightly:7 none none []", "{status}");
        }
        assert_eq!(call(Method::PUT, 303).await, "GET nightly:7 none none []");
        for (method, status) in [(Method::PUT, 302), (Method::POST, 307), (Method::POST, 308)] {
            let said = call(method.clone(), status).await;
            assert_eq!(said, format!("{method} nightly:7 none t [words]"), "{status}");
        }
    });
}

#[test]
fn a_relative_redirect_is_one_of_the_service_and_is_routed_again() {
    run_in("nightly:7", async {
        let address = serve(echo()).await;
        let rules = format!(
            "version = 1\n[services.ledger]\nonline = \"http://online:1\"\nbatch = \"http://{address}\"\n\
             [chains.nightly]\nworkers = \"batch\"\n[chains.nightly.hops]\nledger = \"batch\"\n"
        );
        let process = process("facade", "online", &rules);
        let answer = client(&process).get("http://ledger/to/302/%2Fx").send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "GET nightly:7 none none []");
        assert_eq!(process.calls().report().totals.sent, 2);
    });
}

#[test]
fn a_circle_of_redirects_ends() {
    run_in("nightly:7", async {
        let round = Router::new().fallback(any(async || (StatusCode::FOUND, [(LOCATION, "/round")])));
        let address = serve(round).await;
        let client = client(&Process::new(Origin::new("start", "batch").unwrap()));
        let error = client.get(format!("http://{address}/")).send().await.unwrap_err();
        assert!(error.to_string().contains("was redirected 10 times"), "{error}");
    });
}

#[test]
fn a_redirect_that_cannot_be_followed_is_the_answer() {
    run_in("nightly:7", async {
        let address = serve(echo()).await;
        let client = client(&Process::new(Origin::new("start", "batch").unwrap()));
        for to in ["ftp://127.0.0.1/x", "http://[::bad/"] {
            let to = to.replace('/', "%2F");
            let answer = client.get(format!("http://{address}/to/302/{to}")).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FOUND, "{to}");
        }
    });
}
