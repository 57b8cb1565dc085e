from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone
from oauth2_provider.models import AccessToken, DeviceGrant, RefreshToken

from oauth import clients
from oauth.models import Client
from tests.test_accounts import EMAIL, PASSWORD, AccountTest
from viewers import devices, mail
from viewers.models import Viewer


class Devices(AccountTest):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        clients.ensure()

    def setUp(self):
        super().setUp()
        self.vera = self.viewer()

    def device(self, viewer=None, brand="dramas", refreshed=0, days_ago=0) -> UUID:
        """A sign-in whose tokens were renewed that often."""
        family, viewer = uuid4(), viewer or self.vera
        app = Client.objects.get(client_id=f"{brand}-terminal")
        for n in range(refreshed + 1):
            access = AccessToken.objects.create(
                user=viewer, token=f"{family}{n}", application=app,
                expires=timezone.now() + timedelta(hours=1),
            )  # fmt: skip
            token = RefreshToken.objects.create(
                user=viewer, token=f"r{family}{n}", application=app,
                access_token=access, token_family=family,
            )  # fmt: skip
            if n < refreshed:
                token.revoke()
        made = timezone.now() - timedelta(days=days_ago)
        RefreshToken.objects.filter(token_family=family).update(created=made)
        return family

    def test_each_sign_in_is_one_device(self):
        """However often its tokens were renewed; that used last is first."""
        old, new = self.device(refreshed=3, days_ago=2), self.device(brand="horror")
        self.assertEqual([device.key for device in devices.of(self.vera)], [new, old])
        self.sign_in()
        self.assertContains(self.at("dramas", "/account/"), "Nightjar for the terminal")

    def test_what_is_signed_out_is_no_device(self):
        """Nor what was not used for longer than tokens are good."""
        devices.sign_out(self.vera, self.device())
        self.device(days_ago=91)
        self.assertEqual(devices.of(self.vera), [])

    def test_signing_one_out_ends_its_tokens(self):
        """And those of no other."""
        lost, kept = self.device(refreshed=1), self.device()
        self.sign_in()
        self.assertEqual(self.send(f"/account/devices/{lost}/").status_code, 302)
        self.assertEqual([device.key for device in devices.of(self.vera)], [kept])
        self.assertEqual(AccessToken.objects.count(), 1)

    def test_a_device_is_its_viewers(self):
        """Another cannot sign it out, nor can a link."""
        theirs = self.device(Viewer.objects.create_user("other@example.com", "x"))
        self.sign_in()
        self.assertEqual(self.send(f"/account/devices/{theirs}/").status_code, 404)
        self.assertEqual(self.at("dramas", f"/account/devices/{theirs}/").status_code, 405)
        self.assertEqual(RefreshToken.objects.filter(revoked=None).count(), 1)

    def let_in(self):
        """Two devices, and one that would fetch its tokens later."""
        self.device()
        self.device(brand="horror")
        DeviceGrant.objects.create(
            user=self.vera, client_id="dramas-terminal", status=DeviceGrant.AUTHORIZED,
            device_code="d", user_code="u", scope="watch",
            expires=timezone.now() + timedelta(minutes=10),
        )  # fmt: skip

    def test_a_changed_password_signs_all_out(self):
        """Whoever had the old one may have let in a device; not if the change was refused."""
        self.let_in()
        self.sign_in()
        new = "a different battery"
        form = {"old_password": "wrong", "new_password1": new, "new_password2": new}
        self.assertEqual(self.send("/account/password/", form).status_code, 200)
        self.assertEqual(len(devices.of(self.vera)), 2)
        form["old_password"] = PASSWORD
        self.assertEqual(self.send("/account/password/", form).status_code, 302)
        self.assertEqual(devices.of(self.vera), [])
        self.assertFalse(DeviceGrant.objects.exists())

    def test_a_reset_password_signs_all_out(self):
        """As a changed one does."""
        self.let_in()
        form = self.at("dramas", mail.reset_path(self.vera)).headers["Location"]
        new = {"new_password1": "a different battery", "new_password2": "a different battery"}
        self.assertEqual(self.send(form, new).status_code, 302)
        self.assertEqual(devices.of(self.vera), [])
        self.assertFalse(DeviceGrant.objects.exists())
        self.assertTrue(Viewer.objects.get(email=EMAIL).check_password(new["new_password1"]))
        self.assertFalse(Viewer.objects.get(email=EMAIL).check_password(PASSWORD))
