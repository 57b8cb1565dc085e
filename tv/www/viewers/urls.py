"""Addresses of a viewer's own pages."""

from django.urls import path

from viewers import listviews, views

urlpatterns = [
    path("account/", views.Account.as_view(), name="account"),
    path("account/sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("account/sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("account/sign-up/", views.SignUp.as_view(), name="sign-up"),
    path("account/devices/<uuid:key>/", views.sign_out_device, name="sign-out-device"),
    path("account/password/", views.Password.as_view(), name="password"),
    path("account/reset/", views.Reset.as_view(), name="reset"),
    path("account/reset/<uidb64>/<token>/", views.NewPassword.as_view(), name="new-password"),
    path("list/", listviews.watch_list, name="watch-list"),
    path("list/<slug:slug>/", listviews.change, name="watch-list-item"),
    path("continue/", listviews.continue_watching, name="continue"),
]
