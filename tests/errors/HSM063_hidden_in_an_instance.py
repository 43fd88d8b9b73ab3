"""Names that hide what the library gives every instance."""

import hsm


class Counter(hsm.Instance):
    state: int = 0

    def stop(self):
        pass

    def reset(self):
        pass
