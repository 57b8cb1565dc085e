"""Tests of the site. They need its translations, which the image's build has compiled already."""

from pages import translations

translations.compile_all()
