"""A way to a server that can be cut and mended: what stands between the gateway and a part that goes away."""

import selectors
import socket
import threading

CHUNK = 1 << 16


class Relay:
    """Listens on a port of its own and passes bytes on to `(host, port)` while it is not cut."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.port = None
        self.listener = None
        self.open = []

    def __enter__(self):
        self.mend()
        return self

    def __exit__(self, *_):
        self.cut()

    def mend(self):
        """Listens, on the port that it always had."""
        self.listener = socket.create_server(("127.0.0.1", self.port or 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        """Ends every connection; new ones are refused."""
        # Only `shutdown` wakes the thread that waits in `accept`.
        for each in (self.listener, *self.open):
            close(each)
        self.open = []

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # cut
            far = socket.create_connection(self.target)
            self.open += [near, far]
            threading.Thread(target=pass_on, args=(near, far), daemon=True).start()


def pass_on(near, far):
    with selectors.DefaultSelector() as selector:
        for source, sink in ((near, far), (far, near)):
            selector.register(source, selectors.EVENT_READ, sink)
        try:
            while True:
                for ready, _ in selector.select():
                    data = ready.fileobj.recv(CHUNK)
                    if not data:
                        return
                    ready.data.sendall(data)
        except (OSError, ValueError):
            return  # cut
        finally:
            close(near)
            close(far)


def close(each):
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it was closed by its other side
    each.close()
