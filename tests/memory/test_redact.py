from pathlib import Path

import pytest

from archkit.memory.redact import redact_text, redact_value, relative_paths

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

# Made up here and put together from parts, so that no scanner takes them for real ones.
SECRETS = {
    "Anthropic Key": "sk-ant-" + "api03-" + "Ab1_" * 12,
    "AWS Access Key": "AKIA" + "IOSFODNN7EXAMPLE",
    "Azure Storage Account access key": "AccountKey=" + "Ab1+" * 21 + "Ab==",
    "Discord Bot Token": "M" + "a1B2" * 6 + "." + "aB3_x-" + "." + "c" * 27,
    "GitHub Token": "ghp_" + "Ab1z" * 9,
    "GitLab Token": "glpat-" + "Ab1z" * 5,
    "Google Key": "AIza" + "Ab1_-" * 7,
    "JSON Web Token": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0In0" + "." + "a1B2" * 6,
    "Mailchimp Access Key": "a1b2" * 8 + "-us12",
    "OpenAI Token": "sk-" + "a1B2" * 5 + "T3BlbkFJ" + "a1B2" * 5,
    "PyPI Token": "pypi-" + "AgEIcHlwaS5vcmc" + "a1B2" * 20,
    "SendGrid API Key": "SG." + "a" * 22 + "." + "b" * 43,
    "Slack Token": "xoxb-" + "1234567890-" * 2 + "a1b2c3",
    "Square OAuth Secret": "sq0csp-" + "a" * 43,
    "Stripe Access Key": "sk_live_" + "a1B2" * 6,
    "Telegram Bot Token": "123456789:" + "a1B2_" * 7,
    "Twilio API Key": "SK" + "a1b2" * 8,
}


def test_a_project_key_of_openai_is_hidden_whole() -> None:
    assert redact_text("sk-proj-" + "Ab1_-" * 30) == ("[hidden: OpenAI Token]", 1)


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_hidden_and_the_text_around_it_stays(kind: str) -> None:
    text = f"before\n  {SECRETS[kind]} \nafter"
    assert redact_text(text) == (f"before\n  [hidden: {kind}] \nafter", 1)


def test_a_fine_grained_github_token_is_hidden() -> None:
    assert redact_text("github_pat_" + "Ab1z_" * 16) == ("[hidden: GitHub Token]", 1)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("psql postgres://app:s3cret@db/app", "psql postgres://app:[hidden: K]@db/app"),
        ("redis://:hunter2@cache:6379/0", "redis://:[hidden: K]@cache:6379/0"),
        (
            '{"url":"https://a:b@c.d","mail":"x@y.z"}',
            '{"url":"https://a:[hidden: K]@c.d","mail":"x@y.z"}',
        ),
        ("Authorization: Basic QWxhZGRpbjpvcGVu", "Authorization: Basic [hidden: K]"),
    ],
)
def test_only_the_password_of_a_url_or_header_is_hidden(text: str, kept: str) -> None:
    assert redact_text(text) == (kept.replace("K", "Basic Auth Credentials"), 1)


def test_only_the_token_of_a_bearer_header_is_hidden() -> None:
    text = 'curl -H "Authorization: Bearer ' + "a1B2" * 8 + '" https://api.example.com'
    shown = 'curl -H "Authorization: Bearer [hidden: Bearer Token]" https://api.example.com'
    assert redact_text(text) == (shown, 1)


def test_the_secret_of_an_environment_file_is_hidden() -> None:
    text = "AWS_SECRET_ACCESS_KEY=" + "aB1/" * 10 + "\nREGION=eu"
    assert redact_text(text) == ("AWS_SECRET_ACCESS_KEY=[hidden: AWS Access Key]\nREGION=eu", 1)


@pytest.mark.parametrize("newline", ["\n", "\\n"])
@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
def test_a_private_key_is_hidden_with_its_body(kind: str, newline: str) -> None:
    lines = [f"-----BEGIN {kind}-----", "MIIE" * 16, "aB1+" * 16, f"-----END {kind}-----"]
    assert redact_text("a " + newline.join(lines) + " b") == ("a [hidden: Private Key] b", 1)


def test_a_private_key_without_an_end_is_hidden_as_far_as_it_goes() -> None:
    text = "-----BEGIN PRIVATE KEY-----\n" + "MIIE" * 16 + "\n" + "aB1+" * 16 + "\n\nthe rest"
    assert redact_text(text) == ("[hidden: Private Key]\n\nthe rest", 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Signs people in with JWT and refresh tokens; revocation within minutes via Redis.",
        '{"email": "ada@example.com", "password": "…", "token": "…"}',
        '{"access_token": "eyJhbGciOi…", "token_type": "Bearer", "expires_in": 900}',
        "Authorization: Bearer <token>",
        "Use Bearer authentication-with-short-lived-tokens for machine clients.",
        "The header is 'Bearer' followed by the access token.",
        "DATABASE_URL=postgres://app:${PASSWORD}@db:5432/app",
        "postgres://<user>:<password>@<host>/app, amqp://guest:***@queue",
        "A file that begins with -----BEGIN PRIVATE KEY----- is refused.",
        "ssh git@github.com:team/repo.git; ada@example.com; http://localhost:8080/@vite/client",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "id 01a205f9-2711-7715-aea2-b341b797b087, key user:42:posts, shard-us2, sk-button",
        "CREATE TABLE refresh_token (token_hash BYTEA PRIMARY KEY, family_id UUID NOT NULL);",
        "api_key: VARCHAR(64) UNIQUE, secret_key = hash(api_key), password_hash TEXT",
        "10.0.0.1 and 203.0.113.7 are the load balancers.",
    ],
)
def test_architecture_prose_and_example_json_stay_as_they_are(text: str) -> None:
    assert redact_text(text) == (text, 0)


def test_the_marker_inside_a_hash_is_no_token() -> None:
    text = "digest=xxAKIA" + "A1B2" * 4
    assert redact_text(text) == (text, 0)


def test_a_value_is_walked_through_and_the_original_left_alone() -> None:
    value = {
        "text": "key " + SECRETS["GitHub Token"],
        "list": [1, None, True, 0.5, {"deep": SECRETS["Slack Token"]}],
        SECRETS["Stripe Access Key"]: "a key of the object",
    }
    before = repr(value)
    assert redact_value(value) == (
        {
            "text": "key [hidden: GitHub Token]",
            "list": [1, None, True, 0.5, {"deep": "[hidden: Slack Token]"}],
            "[hidden: Stripe Access Key]": "a key of the object",
        },
        3,
    )
    assert repr(value) == before


@pytest.mark.parametrize("value", [None, 1, True, "", [], {}, {"a": [1, {"b": "plain"}]}])
def test_a_value_without_secrets_is_given_back_as_it_is(value: object) -> None:
    redacted, hidden = redact_value(value)
    assert (redacted is value, hidden) == (True, 0)


def test_hiding_twice_hides_nothing_more() -> None:
    once, count = redact_text("\n".join(SECRETS.values()) + "\npostgres://a:b@c/d")
    assert count == len(SECRETS) + 1
    assert redact_text(once) == (once, 0)


def test_a_long_text_without_spaces_is_read_in_time() -> None:
    text = '{"u":"http://x:","k":"aws key ' * 4000
    assert redact_text(text) == (text, 0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/shop/app/models.py:12", "./app/models.py:12"),
        ("see /srv/shop.", "see .."),
        ("cd /srv/shop && ls", "cd . && ls"),
        ('{"file": "/srv/shop/a.py"}', '{"file": "./a.py"}'),
        ("/srv/shopping/a.py /srv/shop-2/b", "/srv/shopping/a.py /srv/shop-2/b"),
        ("/backup/srv/shop/a.py", "/backup/srv/shop/a.py"),
        ("/home/ada/.config/x and /home/adam", "~/.config/x and /home/adam"),
        ("nothing to do", "nothing to do"),
    ],
)
def test_absolute_paths_become_relative(text: str, shown: str) -> None:
    assert relative_paths(text, "/srv/shop", home=Path("/home/ada")) == shown


def test_a_workspace_in_the_home_folder_is_the_nearer_one() -> None:
    text = "/home/ada/shop/a.py /home/ada/b.py"
    assert relative_paths(text, Path("/home/ada/shop"), home=Path("/home/ada")) == "./a.py ~/b.py"


def test_the_root_of_the_file_system_is_no_workspace() -> None:
    assert relative_paths("/etc/hosts", "/", home=Path("/")) == "/etc/hosts"


def test_real_architecture_texts_are_not_mangled() -> None:
    if not SHARED.is_dir():
        pytest.skip("the reference material is not here")
    texts = [path.read_text("utf-8") for path in SHARED.rglob("*.md")]
    assert [redact_text(text)[1] for text in texts] == [0] * len(texts)
