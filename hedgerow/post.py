"""`hedgerow post`: what the post has sent, what waits, and why."""

import click

from hedgerow.platform import operators_services


def show() -> None:
    """Counts by status, what is tried again and why, and endpoints that fail."""
    service = operators_services(["notifications"])["notifications"]
    account = service.get("/post")
    counts = ", ".join(f"{count:,} {status}" for status, count in account["deliveries"].items())
    click.echo(f"Messages: {counts or 'none yet'}.")
    if not account["mail_server"]:
        click.echo("No mail server is set (HEDGEROW_SMTP_URL): messages stay in the outbox page.")
    elif account["oldest_waiting"]:
        click.echo(f"The oldest that waits was written at {account['oldest_waiting']}.")
    if account["held"]:
        held = account["held"]
        click.echo(f"Nothing has gone out since {held['since']}: {held['words']}")
    for group in account["retrying"]:
        again = f"tried again at {group['next']}, after up to {group['attempts']} attempts"
        how = again if group["attempts"] else "wait"
        click.echo(f"  {group['letters']:,} {how}: {group['why']}")
    if account["perhaps_sent_twice"]:
        click.echo(f"{account['perhaps_sent_twice']:,} may have been sent twice, after a crash.")
    for webhook in service.get("/webhooks")["items"]:
        if webhook["failing_since"] or webhook["reason"]:
            why = webhook["reason"] or f"failing since {webhook['failing_since']}"
            click.echo(f"Webhook {webhook['id']} ({webhook['url']}) is {webhook['state']}: {why}")
