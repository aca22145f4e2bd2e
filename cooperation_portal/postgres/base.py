"""What `DATABASES["default"]["ENGINE"]` names."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether a kept connection still stands, told by its socket (`CONN_HEALTH_CHECKS`).

        Between two requests the server has nothing to say, unless it restarts or ends the connection: then there is
        something to read. So it need not be asked, as Django does, which would cost every request a round trip.
        """
        if self.connection is None or self.connection.closed:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN | select.POLLPRI)
        return not socket.poll(0)
