"""airchain.yaml → frozen, typed `Product`."""
