"""The platform's services over HTTP: the only package that imports httpx. Typed in, typed out, honest about doubt."""
