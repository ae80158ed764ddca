"""What each rule of rules.yaml is to find, and what looks like it and is right. Read by `make scans`, never run."""

# ruleid: dynamodb-outside-stores
import pynamodb
# ruleid: requests-outside-gateways
import requests


def tables(aws, rows):
    # ruleid: dynamodb-outside-stores
    aws.client("dynamodb").put_item(TableName="orders")
    # ruleid: dynamodb-outside-stores
    rows.scan(limit=1)
    # ok: dynamodb-outside-stores
    aws.client("ssm").get_parameter(Name="x")


def logs(log, observability, account):
    # ruleid: personal-data-in-logs
    log.info("signed in", phone=account.phone)
    # ruleid: personal-data-in-logs
    observability.log.warning("refused", why=str(account.email))
    # ok: personal-data-in-logs
    observability.log.info("signed in", account_id=account.id, status=200)


# ruleid: endpoint-without-permission
@endpoint(bp, "GET", "/v1/things", summary="s", tag="things")
def things(call): ...


# ok: endpoint-without-permission
@endpoint(bp, "GET", "/v1/things", summary="s", tag="things", roles=PUBLIC)
def open_things(call): ...


# ok: endpoint-without-permission
@endpoint(bp, "GET", "/v1/things", summary="s", tag="things", needs=Permission.THINGS_READ)
def our_things(call): ...


# ruleid: object-without-its-owner
def thing(ports, actor: Actor, thing_id: str) -> Thing:
    found = ports.things.get(thing_id)
    if found is None:
        raise NotFound("thing")
    return found


# ok: object-without-its-owner
def own_thing(ports, actor: Actor, thing_id: str) -> Thing:
    found = ports.things.get(thing_id)
    if found is not None:
        actor.must_be(found.owner_id, "thing")
    return found


# ok: object-without-its-owner
def handed_on(ports, actor: Actor, thing_id: str) -> Thing:
    return _found(ports, actor, thing_id)


def certificates(session, context):
    # ruleid: certificates-unchecked
    session.get("https://a.example", verify=False)
    # ruleid: certificates-unchecked
    context.check_hostname = False
    # ok: certificates-unchecked
    session.get("https://a.example", verify=True)


def expressions(client, name):
    # ruleid: expression-made-of-text
    client.update_item(UpdateExpression=f"SET {name} = :v")
    # ruleid: expression-made-of-text
    client.execute_statement(Statement="SELECT * FROM t WHERE id = " + name)
    # ok: expression-made-of-text
    client.update_item(UpdateExpression="SET #n = :v")


def data(text, raw):
    # ruleid: code-or-objects-from-data
    eval(text)
    # ruleid: code-or-objects-from-data
    pickle.loads(raw)
    # ruleid: code-or-objects-from-data
    yaml.load(text)
    # ok: code-or-objects-from-data
    yaml.safe_load(text)


def commands(name):
    # ruleid: shell
    subprocess.run(f"ls {name}", shell=True)
    # ok: shell
    subprocess.run(["ls", name], check=True)


def tokens(token, key):
    # ruleid: token-unverified
    jwt.decode(token, key)
    # ruleid: token-unverified
    jwt.decode(token, key, algorithms=["HS256"], options={"verify_signature": False})
    # ok: token-unverified
    jwt.decode(token, key, algorithms=["HS256"])


def compared(signature, expected, hmac):
    # ruleid: secrets-compared-early
    if signature == expected:
        return True
    # ok: secrets-compared-early
    return hmac.compare_digest(signature, expected)


def chance():
    # ruleid: chance-that-can-be-guessed
    code = random.randint(0, 999999)
    # ruleid: chance-that-can-be-guessed
    name = hashlib.md5(code)
    # ok: chance-that-can-be-guessed
    bill = hashlib.sha1(name, usedforsecurity=False)
    # ok: chance-that-can-be-guessed
    return bill, secrets.randbelow(1_000_000)
