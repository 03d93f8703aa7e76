"""Every reason a desk can be told no: one class a reason, its docstring the sentence.

The rooms are those of the deeds; everybody imports from here.
"""

from mediklaud.errors.appointments import *
from mediklaud.errors.bills import *
from mediklaud.errors.doctors import *
from mediklaud.errors.entrance import *
from mediklaud.errors.house import *
from mediklaud.errors.letters import *
from mediklaud.errors.records import *
from mediklaud.errors.refusal import *
from mediklaud.errors.settings import *
from mediklaud.errors.till import *
from mediklaud.errors.typed import *
