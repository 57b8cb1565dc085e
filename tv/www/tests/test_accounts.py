from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from django.contrib.auth.models import BaseUserManager
from django.core import mail
from django.core.management import call_command
from django.test import SimpleTestCase
from django.urls import reverse

from oauth.models import Client
from tests.stage import NetworkTest
from viewers import attempts, tasks
from viewers.hashing import Argon2
from viewers.models import Tier, Viewer

EMAIL, PASSWORD = "vera@example.com", "correct horse battery"
SHORT = {"new_password1": "secret", "new_password2": "secret"}


class AccountTest(NetworkTest):
    def send(self, path, data=None, brand="dramas", **headers):
        return self.client.post(path, data, headers={"host": f"{brand}.localhost", **headers})

    def sign_in(self, brand="dramas", email=EMAIL, password=PASSWORD, **more):
        return self.send(
            "/account/sign-in/", {"username": email, "password": password}, brand, **more
        )

    def viewer(self, **fields):
        return Viewer.objects.create_user(EMAIL, PASSWORD, **fields)

    def who(self, brand="dramas"):
        """Who the account page says one is; None where it wants a sign-in first."""
        answer = self.at(brand, "/account/")
        return answer.context["user"].email if answer.status_code == 200 else None


class SignUp(AccountTest):
    form = {
        "email": "Vera@Example.com",
        "name": "Vera",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }

    def test_a_new_viewer_is_signed_in(self):
        """To the free tier; the address is kept in small letters."""
        self.assertRedirects(
            self.send("/account/sign-up/", self.form), "/", fetch_redirect_response=False
        )
        self.assertEqual(self.who(), EMAIL)
        self.assertEqual(Viewer.objects.get().tier, Tier.FREE)

    def test_what_is_wrong_is_said(self):
        """And no account is made."""
        self.viewer()
        for field, value, says in (
            ("email", EMAIL.upper(), "There is an account with this address"),
            ("email", "nobody", "Enter a valid email address"),
            ("password1", "x", "match"),
        ):
            with self.subTest(value):
                answer = self.send("/account/sign-up/", {**self.form, field: value})
                self.assertContains(answer, says)
        short = {"password1": "secret", "password2": "secret"}
        answer = self.send("/account/sign-up/", {**self.form, "email": "b@example.com", **short})
        self.assertIn("too short", str(answer.context["form"].errors["password1"]))
        self.assertEqual(Viewer.objects.count(), 1)

    def test_nobody_signs_up_as_an_editor(self):
        """Whatever else is sent with the form."""
        more = {"is_staff": "on", "is_superuser": "on", "tier": "premium"}
        self.send("/account/sign-up/", {**self.form, **more})
        made = Viewer.objects.get()
        self.assertEqual((made.is_staff, made.is_superuser, made.tier), (False, False, Tier.FREE))


class SignIn(AccountTest):
    def test_by_address_and_password(self):
        """However the address is written; then on to where one came from."""
        self.viewer()
        answer = self.send(
            "/account/sign-in/?next=/browse/crime/",
            {"username": " VERA@example.COM ", "password": PASSWORD},
        )
        self.assertRedirects(answer, "/browse/crime/", fetch_redirect_response=False)
        self.assertEqual(self.who(), EMAIL)

    def test_no_other_site_is_gone_on_to(self):
        """An address that was put into the link by somebody."""
        self.viewer()
        answer = self.send(
            "/account/sign-in/?next=//evil.example/", {"username": EMAIL, "password": PASSWORD}
        )
        self.assertRedirects(answer, "/", fetch_redirect_response=False)

    def test_a_wrong_password_and_an_unknown_address_are_told_the_same(self):
        """Nobody learns which addresses have accounts; a closed account is one that is not."""
        self.viewer(is_active=False)
        for email in (EMAIL, "nobody@example.com"):
            for password in (PASSWORD, "wrong"):
                with self.subTest(email=email, password=password):
                    answer = self.sign_in(email=email, password=password)
                    self.assertContains(answer, "is not right")
        self.assertIsNone(self.who())

    def test_signing_out_ends_the_session(self):
        """It is gone from the store, not only the cookie from the browser; only by a form."""
        self.viewer()
        self.sign_in()
        cookie = self.client.cookies["tv_session"].value
        self.assertEqual(self.at("dramas", "/account/sign-out/").status_code, 405)
        self.send("/account/sign-out/")
        self.assertIsNone(self.who())
        self.client.cookies["tv_session"] = cookie
        self.assertIsNone(self.who())

    def test_signing_out_leaves_nothing_to_whoever_comes_next(self):
        """Neither the key of what was played here, nor what scripts kept: a form tells them."""
        self.viewer()
        self.sign_in()
        self.client.cookies["tv_play"] = "viewer-0123456789"
        self.assertRegex(
            self.at("dramas", "/account/").content.decode(),
            r'<form method="post" action="/account/sign-out/" data-leave>',
        )
        answer = self.send("/account/sign-out/")
        self.assertEqual(answer.cookies["tv_play"].value, "")
        self.assertEqual(answer.cookies["tv_play"]["max-age"], 0)

    def test_editors_sign_in_on_the_same_page(self):
        """There is no other one to guess at. Who may not edit is told so."""
        answer = self.at("dramas", "/admin/login/?next=/admin/")
        self.assertRedirects(
            answer, "/account/sign-in/?next=/admin/", fetch_redirect_response=False
        )
        self.assertFalse(self.is_told("/admin/"))
        self.assertFalse(self.is_told("/account/"))
        self.viewer(name="Hana")
        self.sign_in()
        self.assertTrue(self.is_told("/admin/"))
        self.assertFalse(self.is_told("/account/"))

    def is_told(self, path):
        answer = self.at("dramas", f"/account/sign-in/?next={path}")
        return "signed in as Hana, and this account may not edit" in answer.content.decode()


class Guessing(AccountTest):
    def guess(self, email=EMAIL, password="wrong", address="203.0.113.9"):
        return self.sign_in(email=email, password=password, **{"x-forwarded-for": address})

    def test_after_some_attempts_one_has_to_wait(self):
        """Even with the right password; the answer says how long."""
        self.viewer()
        for _ in range(attempts.SIGN_IN_HERE.most):
            self.assertEqual(self.guess().status_code, 200)
        answer = self.guess(password=PASSWORD)
        self.assertContains(answer, "tried too often", status_code=429)
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.assertIsNone(self.who())

    def test_the_viewer_is_not_shut_out(self):
        """Who comes from elsewhere signs in while somebody tries; others at that address, too."""
        self.viewer()
        for _ in range(attempts.SIGN_IN_HERE.most + 1):
            self.guess()
        self.assertEqual(self.guess("other@example.com").status_code, 200)
        self.assertEqual(self.guess(password=PASSWORD, address="198.51.100.7").status_code, 302)

    def test_another_spelling_does_not_help(self):
        """What signs in to one account counts as one."""
        self.viewer()
        for first in (
            "v",
            "V",
            " v",
            "\N{FULLWIDTH LATIN SMALL LETTER V}",
            "\N{ROMAN NUMERAL FIVE}",
        ):
            self.guess(f"{first}era@example.com")
        self.assertEqual(self.guess(password=PASSWORD).status_code, 429)

    def test_an_address_is_one_to_the_letter(self):
        """Whatever the database takes for alike, as MySQL does `é` and `e`."""
        found = patch.object(BaseUserManager, "get_by_natural_key", return_value=self.viewer())
        with found:
            self.assertEqual(self.sign_in(email="véra@example.com").status_code, 200)
            self.assertEqual(self.sign_in(email=EMAIL).status_code, 302)

    def test_many_accounts_from_one_address(self):
        """One password tried at all of them."""
        with patch.object(attempts, "SIGN_IN_ADDRESS", attempts.Limit("sign-in/address", 3, 300)):
            answers = [self.guess(f"v{n}@example.com").status_code for n in range(5)]
        self.assertEqual(answers, [200, 200, 200, 429, 429])

    def test_one_account_from_many_addresses(self):
        """There is an end to that, too."""
        with patch.object(attempts, "SIGN_IN_ACCOUNT", attempts.Limit("sign-in/account", 3, 3600)):
            answers = [self.guess(address=f"203.0.113.{n}").status_code for n in range(5)]
        self.assertEqual(answers, [200, 200, 200, 429, 429])

    def test_a_made_up_address_does_not_help(self):
        """What stands in the header before what the edge wrote is the viewer's invention."""
        for n in range(attempts.SIGN_IN_HERE.most + 1):
            answer = self.guess(address=f"192.0.2.{n}, 203.0.113.9")
        self.assertEqual(answer.status_code, 429)

    def test_an_old_password_is_not_guessed_either(self):
        """By somebody at a machine that is signed in."""
        self.viewer()
        self.sign_in()
        wrong = {"old_password": "x", "new_password1": "y", "new_password2": "y"}
        answers = [self.send("/account/password/", wrong).status_code for _ in range(6)]
        self.assertEqual(answers[-1], 429)


class Passwords(AccountTest):
    def test_changing_it_ends_other_sessions(self):
        """And not the one in which it was changed."""
        self.viewer()
        self.sign_in()
        elsewhere = self.client.cookies["tv_session"].value
        self.sign_in("horror")
        new = "a different battery"
        form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        answer = self.send("/account/password/", {**form, **SHORT}, "horror")
        self.assertIn("too short", str(answer.context["form"].errors["new_password1"]))
        self.assertEqual(self.send("/account/password/", form, "horror").status_code, 302)
        self.assertEqual(self.who("horror"), EMAIL)
        self.client.cookies["tv_session"] = elsewhere
        self.assertIsNone(self.who())

    def reset(self, email=EMAIL):
        with patch("viewers.mail.enqueue") as queued:
            answer = self.send("/account/reset/", {"email": email})
        for call in queued.call_args_list:
            tasks.mail_reset(*call.args)
        return answer

    def link(self):
        words = mail.outbox[-1].body.split()
        return next(word for word in words if word.startswith("http")).removeprefix(
            "http://dramas.localhost"
        )

    def test_a_mail_leads_to_a_new_one(self):
        """On the brand where it was asked for; once, and the old one is good until then."""
        self.viewer()
        self.assertContains(self.reset(), "If there is an account")
        self.assertEqual(mail.outbox[0].subject, "A new password for Lantern")
        form = self.at("dramas", self.link())
        new = {"new_password1": "a different battery", "new_password2": "a different battery"}
        answer = self.send(form.headers["Location"], SHORT)
        self.assertIn("too short", str(answer.context["form"].errors["new_password1"]))
        self.assertEqual(self.send(form.headers["Location"], new).status_code, 302)
        self.assertEqual(self.sign_in(password="a different battery").status_code, 302)
        self.client.cookies.clear()
        self.assertContains(self.at("dramas", self.link()), "used already")

    def test_an_address_without_an_account_gets_no_mail(self):
        """And the page tells the same."""
        self.viewer(is_active=False)
        for email in (EMAIL, "nobody@example.com"):
            self.assertContains(self.reset(email), "If there is an account")
        self.assertEqual(mail.outbox, [])

    def test_a_mail_goes_to_the_accounts_own_address(self):
        """Not to one that only looks the same: it may be another's."""
        Viewer.objects.create_user("kim@example.com", PASSWORD)
        for typed in ("KIM@Example.com", "\N{KELVIN SIGN}im@example.com"):
            with self.subTest(typed):
                self.reset(typed)
                self.assertEqual(mail.outbox[-1].to, ["kim@example.com"])

    def test_nobody_is_sent_many(self):
        """Though the page says nothing of it."""
        self.viewer()
        for _ in range(attempts.RESET_ACCOUNT.most + 2):
            self.assertContains(self.reset(), "If there is an account")
        self.assertEqual(len(mail.outbox), attempts.RESET_ACCOUNT.most)

    def test_an_invented_link_opens_nothing(self):
        """Of whatever form."""
        self.viewer()
        for path in ("MQ/abc-def", "!!/x", "OTk5/set-password"):
            with self.subTest(path):
                answer = self.at("dramas", f"/account/reset/{path}/")
                self.assertContains(answer, "used already")


class Hashing(SimpleTestCase):
    def test_a_password_is_hashed_with_argon2(self):
        """In little memory, so that many may sign in at a time."""
        hashed = Argon2().encode("secret", "some-salt")
        self.assertIn("$argon2id$v=19$m=19456,t=2,p=1$", hashed)
        self.assertTrue(Argon2().verify("secret", hashed))
        self.assertFalse(Argon2().verify("Secret", hashed))


class Profile(AccountTest):
    def test_the_account_page_is_the_viewers_own(self):
        """It shows what there is and changes the name and nothing else."""
        self.viewer(tier=Tier.PREMIUM)
        self.sign_in()
        self.assertContains(self.at("dramas", "/account/"), "Premium")
        self.send("/account/", {"name": "Vee", "email": "else@example.com", "tier": "free"})
        viewer = Viewer.objects.get()
        self.assertEqual((viewer.name, viewer.email, viewer.tier), ("Vee", EMAIL, Tier.PREMIUM))

    def test_who_is_not_signed_in_is_asked_to(self):
        """And comes back afterwards."""
        for name in ("account", "password"):
            path = reverse(name)
            with self.subTest(path):
                self.assertRedirects(
                    self.at("dramas", path),
                    f"/account/sign-in/?next={path}",
                    fetch_redirect_response=False,
                )


class Demonstration(NetworkTest):
    def ensure(self, **secrets):
        out = StringIO()
        with TemporaryDirectory() as folder:
            paths = {
                f"{name}_FILE": str(Path(folder, name))
                for name in ("VIEWER_PASSWORD", "EDITOR_PASSWORD")
            }
            for name, value in secrets.items():
                Path(folder, name).write_text(value)
            with patch.dict("os.environ", paths):
                call_command("ensure_accounts", stdout=out)
        return out.getvalue()

    def test_a_release_prepares_all_that_must_be_there(self):
        """As often as it is run."""
        for _ in range(2):
            call_command("prepare", stdout=StringIO())
        self.assertGreater(Client.objects.count(), 0)

    def test_without_secrets_there_are_no_accounts(self):
        """There is no password that everybody knows."""
        self.assertIn("viewer@tv.localhost: left alone", self.ensure())
        self.assertEqual(Viewer.objects.count(), 0)

    def test_accounts_are_made_once_and_follow_their_secret(self):
        """What an editor changed of them stays; a password is never printed."""
        out = self.ensure(VIEWER_PASSWORD="one-one-one", EDITOR_PASSWORD="two-two-two")
        self.assertEqual(out.count(": made"), 3)
        Viewer.objects.filter(tier=Tier.PREMIUM).update(name="Kept")
        out += self.ensure(VIEWER_PASSWORD="three-three-three", EDITOR_PASSWORD="two-two-two")
        viewer, editor = (
            Viewer.objects.get(email=f"{who}@tv.localhost") for who in ("viewer", "editor")
        )
        self.assertTrue(viewer.check_password("three-three-three"))
        self.assertFalse(viewer.is_staff)
        self.assertTrue(editor.check_password("two-two-two"))
        self.assertEqual((editor.name, editor.is_staff), ("Kept", True))
        self.assertFalse(editor.is_superuser)
        for password in ("one-one-one", "two-two-two", "three-three-three"):
            self.assertNotIn(password, out)
