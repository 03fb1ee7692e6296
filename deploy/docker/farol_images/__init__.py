"""Builds Farol's images, judges what is in them and starts them, also where nothing can be pulled."""
