"""From a file to HLS with ffmpeg. Knows neither Django nor the database."""
