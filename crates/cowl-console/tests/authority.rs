//! The authority's day, over HTTP, in a real operation's folder: sign in, enrol, revoke, rotate, check the log, break glass.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

mod support;

use cowl::{
    formats,
    glass::{Ask, Custodian, Kept},
    keyring::{Reader, Sender, store_new},
    operation::Standing,
    policy_file::DEFAULT_POLICY,
    random::SystemRng,
};
use cowl_console::ConsoleLimits;
use cowl_core::{Surroundings, Ticket};
use support::{Browser, Site, now, operation, policy_with_custody};

#[tokio::test]
async fn enrol_revoke_rotate_and_check() {
    let site = Site::open(DEFAULT_POLICY, ConsoleLimits::default()).await;
    let browser = site.sign_in(&site.authority).await;
    assert_eq!(browser.get("/").await.location(), "/people");

    // Enrol: the page's ticket is one that the operation knows, and its picture is the same ticket.
    let form = browser.get("/people/enrol").await;
    assert!(form.body.contains("name=\"role\" value=\"medical\""), "{}", form.body);
    let fields = [
        ("name", "anne"),
        ("kind", "responder"),
        ("role", "medical"),
        ("role", "rescue"),
        ("at", "192.0.2.7:8080"),
        ("hours", "24"),
    ];
    let made = browser.post("/people/enrol", "/people/enrol", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let page = browser.get(&made.location()).await;
    let link = page
        .body
        .split("id=\"link\"")
        .nth(1)
        .unwrap()
        .split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let ticket = Ticket::parse(link).unwrap();
    let mut members = site.operation();
    assert!(members.knows_ticket(ticket.id()));
    let picture = browser.get(&format!("{}/qr.svg", made.location())).await;
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert_eq!(picture.body, cowl::qr::Qr::new(&ticket.to_link()).unwrap().to_svg());
    assert_eq!(
        page.header("refresh").and_then(|refresh| refresh.split_once(';')).map(|(_, to)| to),
        Some(" url=/people")
    );
    // Hidden, it is nowhere any more.
    assert_eq!(browser.post(&made.location(), &format!("{}/hide", made.location()), &[]).await.status, 303);
    assert_eq!(browser.get(&made.location()).await.status, 410);
    assert_eq!(browser.get(&format!("{}/qr.svg", made.location())).await.status, 410);
    let invited = browser.get("/people?what=invited").await;
    assert!(invited.body.contains(">anne<"), "{}", invited.body);
    let twice = browser.post("/people/enrol", "/people/enrol", &[("name", "")]).await;
    assert_eq!(twice.status, 422);

    // She joins with it, as the service lets her.
    let joined = members.join(&ticket.token, &[7; 32], now(), &mut SystemRng::new()).unwrap().unwrap();
    assert!(joined.is_ok());
    drop(members);
    let member = browser.get("/people/member?name=anne").await;
    assert!(member.body.contains("medical, rescue"), "{}", member.body);
    let reads = browser.get("/people/reads").await;
    assert!(reads.body.contains(">anne<") && reads.body.contains("medical"), "{}", reads.body);

    // A lost phone, step by step.
    let mut own = site.operation();
    let epoch = own.epoch_now(now()).unwrap();
    own.enrol_device("phone-7", epoch, &mut SystemRng::new()).unwrap();
    let which = browser.get("/people/lost/which?name=PHONE").await;
    assert!(which.body.contains("/people/lost?name=phone-7"), "{}", which.body);
    let lost = "/people/lost?name=phone-7";
    let gone = browser.post(lost, "/people/revoke", &[("name", "phone-7"), ("then", "lost")]).await;
    assert_eq!((gone.status, gone.location().as_str()), (303, lost));
    let step = browser.get(lost).await;
    assert!(step.body.contains("/people/enrol?name=phone-7-2&amp;kind=device"), "{}", step.body);
    let standing = site.operation().register().member("phone-7").unwrap().standing;
    assert!(matches!(standing, Standing::Revoked { .. }));
    assert_eq!(
        browser.post("/people", "/people/revoke", &[("name", "nobody"), ("then", "x")]).await.status,
        422
    );

    rotate_and_check(&site, &browser).await;
    site.close().await;
}

async fn rotate_and_check(site: &Site, browser: &Browser) {
    // New keys for everyone: once, however often it is sent.
    let generation = site.operation().manifest().generation();
    let asked = generation.to_string();
    let unsure = [("generation", asked.as_str())];
    assert_eq!(browser.post("/people/rotate", "/people/rotate", &unsure).await.status, 422);
    let sure = [("generation", asked.as_str()), ("sure", "yes")];
    let done = browser.post("/people/rotate", "/people/rotate", &sure).await;
    assert_eq!(done.location(), format!("/people/rotate?done={}", generation + 1));
    assert!(browser.get(&done.location()).await.body.contains("class=\"done\""));
    assert_eq!(browser.post("/people/rotate", "/people/rotate", &sure).await.status, 409);
    assert_eq!(site.operation().manifest().generation(), generation + 1);

    // The log has all of it, verifies, and does not when somebody touched it.
    let log = browser.get("/log").await;
    for word in ["A device was revoked", "New keys for everyone", "A member joined", ">anne<", ">phone-7<"] {
        assert!(log.body.contains(word), "{word}: {}", log.body);
    }
    let checkpoint = browser.get("/log/checkpoint").await;
    assert!(checkpoint.body.starts_with("cowl/"), "{}", checkpoint.body);
    let kept = checkpoint.body.into_bytes();
    let good = browser.upload("/log", "/log/verify", "kept", &kept).await;
    assert!(
        good.body.contains("as the authority signed them") && good.body.contains("It only grew"),
        "{}",
        good.body
    );
    assert_eq!(browser.upload("/log", "/log/verify", "kept", b"something").await.status, 422);
    let entries = site.ops().join("log/tile/entries");
    let bundle = std::fs::read_dir(entries).unwrap().map(|file| file.unwrap().path()).max().unwrap();
    let bundle = if bundle.is_dir() {
        std::fs::read_dir(bundle).unwrap().next().unwrap().unwrap().path()
    } else {
        bundle
    };
    let mut bytes = std::fs::read(&bundle).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let bad = browser.upload("/log", "/log/verify", "kept", b"").await;
    assert!(
        bad.body.contains("class=\"trouble\"") && bad.body.contains("is not the one that was signed"),
        "{}",
        bad.body
    );
}

#[tokio::test]
async fn zones_are_imported_whole_or_not_at_all() {
    let site = Site::open(DEFAULT_POLICY, ConsoleLimits::default()).await;
    let browser = site.sign_in(&site.authority).await;
    let page = browser.get("/export").await;
    assert!(
        page.body.contains("<option value=\"department\">") && !page.body.contains("value=\"1km\""),
        "{}",
        page.body
    );
    let square = |name: &str, at: u32| {
        let (west, east) = (at, at + 1);
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{name}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":\
             [[[{west},10],[{east},10],[{east},11],[{west},11],[{west},10]]]}}}}"
        )
    };
    let collection = |features: &[String]| {
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
    };
    let file = site.ops().join("haiti-departments.geojson");
    let before = (std::fs::read(&file).unwrap(), site.operation().manifest().version);
    let upload = async |level: &str, property: &str, zones: &str| {
        let fields = [("level", level), ("property", property)];
        browser.upload_with("/export", "/export/zones", &fields, "zones", zones.as_bytes()).await
    };
    let good = collection(&[square("A-1", 10), square("A-2", 11)]);
    let twice = collection(&[square("A-1", 10), square("A-1", 11)]);
    let long = "x".repeat(3 << 20);
    let refused = [
        ("department", "", good.as_str(), "code: name one of them"),
        ("department", "code", &good[..good.len() - 1], "not JSON"),
        ("department", "code", &twice, "two zones of one name"),
        ("1km", "code", &good, "it has: department"),
    ];
    for (level, property, zones, why) in refused {
        let answer = upload(level, property, zones).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(answer.body.contains(why), "{why}: {}", answer.body);
    }
    assert_eq!(upload("department", "code", &long).await.status, 413);
    assert_eq!((std::fs::read(&file).unwrap(), site.operation().manifest().version), before);
    let done = upload("department", "code", &good).await;
    assert!(done.status == 200 && done.body.contains("2 zones were taken over"), "{}", done.body);
    let operation = site.operation();
    assert_eq!(operation.manifest().version, before.1 + 1);
    let level = operation.manifest().policy.zones.levels().last().unwrap();
    let cowl_core::System::Polygons(polygons) = &level.system else { panic!("{level:?}") };
    let names: Vec<_> = polygons.zones().iter().map(|zone| zone.label().as_str().to_owned()).collect();
    assert_eq!(names, ["A-1", "A-2"]);
    site.close().await;
}

#[tokio::test]
async fn two_custodians_open_one_report_for_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_owned();
    let mut rng = SystemRng::new();
    let mut operation = operation(&at.join("ops"), &policy_with_custody());
    let epoch = operation.epoch_now(now()).unwrap();
    let names = ["anna", "ben", "chloe"].map(str::to_owned);
    let shares = operation.appoint_custodians(&names, &at, epoch, &mut rng).unwrap().files;
    // A report, what a medic's reader keeps of it, and the medic's draft.
    let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
    store_new(&at.join("phone"), &phone.credential, epoch).unwrap();
    let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
    store_new(&at.join("medic"), &medic.credential, epoch).unwrap();
    let mut sender = Sender::open(&at.join("phone")).unwrap();
    let reading =
        formats::parse(b"severity: high, lat: 18.54321, lon: -72.3388, person: <b>Marie</b>").unwrap();
    let around = Surroundings { counts: None, now: now() };
    let report = sender.report(sender.manifest().policy.reduce(reading, &around).unwrap());
    let message = sender.seal(0, &report, 0).unwrap().sealed;
    let mut reader = Reader::open(&at.join("medic"), "medical", None).unwrap();
    let mut reports = Vec::new();
    reader.read(message.bytes(), 0, &mut reports).unwrap();
    let mut kept = Kept::open(&at.join("kept")).unwrap();
    kept.keep(&reports[0]);
    kept.flush().unwrap();
    let part = Kept::find(&at.join("kept"), report.header().report).unwrap();
    let ask = Ask::new("Rescue 4 <i>".to_owned(), "does not answer".to_owned());
    let draft = ask.draft(operation.manifest(), &part, now(), &mut rng).unwrap().to_draft().unwrap();
    drop(operation);

    // Anna and Ben sit at this console, each at a seat; Chloe has a machine of her own.
    let custodians = shares[..2].iter().map(|path| Custodian::open(path).unwrap()).collect();
    let site = Site::over(folder, custodians, ConsoleLimits::default()).await;
    let authority = site.sign_in(&site.authority).await;
    let anna = site.sign_in(&site.custodians[0]).await;
    assert_eq!(authority.upload("/glass", "/glass/draft", "draft", b"nonsense").await.status, 422);
    assert_eq!(authority.upload("/glass", "/glass/draft", "draft", &draft).await.status, 303);
    let desk = authority.get("/glass").await;
    assert!(desk.body.contains("Rescue 4 &lt;i&gt;"), "{}", desk.body);
    let path = desk.body.split("href=\"/glass/draft/").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("/glass/draft/{path}");
    // A custodian signs nothing, and enrols nobody.
    assert_eq!(anna.get(&path).await.status, 403);
    assert_eq!(anna.post("/glass", &path, &[("deed", "sign")]).await.status, 403);
    for path in ["/people", "/log", "/people/enrol", "/people/rotate"] {
        assert_eq!(anna.get(path).await.status, 403, "{path}");
    }
    let revoke = anna.post("/glass", "/people/revoke", &[("name", "phone"), ("then", "x")]).await;
    assert_eq!(revoke.status, 403);
    let signed = authority.post(&path, &path, &[("deed", "sign")]).await;
    let request = signed.location();
    assert!(request.starts_with("/glass/request/"), "{}", signed.body);
    assert!(authority.get("/log").await.body.contains("somebody asks"));

    // Nobody agreed yet; then one did; then two.
    let open = format!("{request}/open");
    let sure = [("sure", "yes")];
    assert_eq!(authority.post(&request, &open, &sure).await.status, 422);
    assert_eq!(authority.post(&request, &format!("{request}/agree"), &[]).await.status, 403);
    assert_eq!(anna.post(&request, &open, &sure).await.status, 403);
    assert!(anna.get(&request).await.body.contains("does not answer"));
    assert_eq!(anna.post(&request, &format!("{request}/agree"), &[]).await.status, 303);
    let few = authority.post(&request, &open, &sure).await;
    assert!(few.status == 422 && few.body.contains("1 of the 2 custodians"), "{}", few.body);
    let file = support::send(
        site.address,
        format!(
            "GET {request}/file HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            site.address, authority.cookie
        )
        .as_bytes(),
    )
    .await;
    assert!(file.header("content-disposition").unwrap().ends_with(".request\""), "{}", file.head);
    let on_disk = site
        .folder
        .path()
        .join("state/glass")
        .join(format!("{}.request", request.rsplit('/').next().unwrap()));
    let chloe = Custodian::open(&shares[2]).unwrap();
    let seen = chloe.read(&std::fs::read(on_disk).unwrap(), now()).unwrap();
    let partial = chloe.answer(&seen, false, now(), &mut rng).unwrap();
    assert_eq!(authority.upload(&request, &format!("{request}/answer"), "answer", b"x").await.status, 422);
    let taken = authority.upload(&request, &format!("{request}/answer"), "answer", &partial.to_bytes()).await;
    assert_eq!(taken.status, 303, "{}", taken.body);

    let opened = authority.post(&request, &open, &sure).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let shown = authority.get(&opened.location()).await;
    let (log, plain) = (shown.body.find("a report is opened").unwrap(), shown.body.find("18.54321").unwrap());
    assert!(log < plain, "the log's entry stands before the plaintext");
    assert!(
        shown.body.contains("&lt;b&gt;Marie&lt;/b&gt;") && shown.body.contains("anna, chloe"),
        "{}",
        shown.body
    );
    let left: u64 = shown.header("refresh").unwrap().split(';').next().unwrap().parse().unwrap();
    assert!((1..=60).contains(&left));
    // It is that session's alone, and no longer there once it is hidden.
    assert_eq!(anna.get(&opened.location()).await.status, 403);
    assert_eq!(
        authority.post(&opened.location(), &format!("{}/hide", opened.location()), &[]).await.status,
        303
    );
    assert_eq!(authority.get(&opened.location()).await.status, 410);
    site.close().await;
}
