import itertools
import os
import threading
import time

from tests.load.after import double_sold
from tests.load.arrivals import Arrival
from tests.load.generator import resident, send


def test_nobody_waits_for_the_answers_of_those_before():
    """Three come while the first is still being served: they come all the same, at their moments."""
    came, all_here = [], threading.Barrier(4)

    def come(arrival, due, _number):
        came.append((arrival.kind, time.perf_counter() - due))
        all_here.wait(timeout=10)

    send([Arrival(0.01 * number, str(number)) for number in range(4)], come, clients=4)
    assert [kind for kind, _ in came] == ["0", "1", "2", "3"]
    assert all(late >= 0 for _, late in came)


def test_a_lack_of_clients_does_not_move_what_was_due():
    dues, first_is_here, release = [], threading.Event(), threading.Event()

    def come(_arrival, due, number):
        dues.append(due)
        if number == 0:
            first_is_here.set()
            release.wait(timeout=10)

    arrivals = [Arrival(0.01 * number, "x") for number in range(3)]
    sender = threading.Thread(target=send, args=(arrivals, come, 1))
    sender.start()
    assert first_is_here.wait(timeout=10)
    release.set()
    sender.join()
    distances = [round(later - sooner, 6) for sooner, later in itertools.pairwise(dues)]
    assert distances == [0.01, 0.01]


def test_processes_that_are_none_of_the_stacks_are_not_counted():
    assert "functions" not in resident(os.getpid()) or resident(os.getpid())["functions"][1] > 0
    assert resident(2**22) == {}


def booking(number, start, end, staff="stf_1", state="confirmed"):
    return {"id": f"bkg_{number}", "start": start, "end": end, "staff_id": staff, "state": state}


def test_a_time_that_two_have_is_found():
    nine = ("2030-05-01T09:00:00Z", "2030-05-01T10:00:00Z")
    later = ("2030-05-01T09:30:00Z", "2030-05-01T10:30:00Z")
    ten = ("2030-05-01T10:00:00Z", "2030-05-01T11:00:00Z")
    assert double_sold([booking(1, *nine), booking(2, *ten), booking(3, *later, staff="stf_2")]) == []
    assert double_sold([booking(1, *nine), booking(2, *later, state="expired")]) == []
    assert double_sold([booking(1, *later), booking(2, *nine)]) == ["bkg_2 and bkg_1 overlap"]
