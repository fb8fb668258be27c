"""``manage.py add_member SLUG USERNAME --role ROLE``: give a person a role in a corpus."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from annotations.actions.corpora import create_account, set_member, set_password
from annotations.management.output import PlainCommand, corpus_named
from annotations.models import Role, User


class Command(PlainCommand):
    help = "Gives a person a role in a corpus, and makes the account where there is none."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the corpus")
        parser.add_argument("username", help="the person's account")
        parser.add_argument("--role", choices=Role.values, required=True)
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input",
        )

    def run(self, **options: Any) -> dict[str, Any]:
        corpus = corpus_named(options["slug"])
        username = options["username"]
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        user = User.objects.filter(username=username).first()
        made = user is None
        if password is not None:
            self._check(password, user or User(username=username))
        if user is None:
            user = create_account(username=username, password=password)
        elif password is not None:
            set_password(user=user, password=password)
        set_member(corpus=corpus, user=user, role=options["role"])
        self.stdout.write(f"{username} is {options['role']} of {corpus.slug}.")
        return {"username": username, "role": options["role"], "account_made": made}

    def _check(self, password: str, user: User) -> None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
