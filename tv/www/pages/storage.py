"""Static files under names with their content's hash, compressed once, when the image is built."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Static(CompressedManifestStaticFilesStorage):
    """Modules of scripts find each other by these names, too: their imports are rewritten."""

    support_js_module_import_aggregation = True
