"""The pages (*.md): what they link to, what they name, and what their commands do when somebody types them."""
