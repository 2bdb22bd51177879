"""Documents and topics as the classifiers' tests want them."""

from uuid import UUID, uuid5

import numpy as np

from docuvault.ai.base import ClassifiableDocument, TopicProfile, Vector

NAMESPACE = UUID("6d1c2a54-52a5-4f0e-9d7c-0b3a3f4a2a11")


def topic(name: str, description: str = "", examples: tuple[Vector, ...] = ()) -> TopicProfile:
    return TopicProfile(uuid5(NAMESPACE, name), name, description, examples)


def document(
    text: str, vector: Vector | None = None, title: str = "Untitled", filename: str = "scan.pdf"
) -> ClassifiableDocument:
    unknown = np.zeros(384, np.float32)
    return ClassifiableDocument(title, filename, text, unknown if vector is None else vector)


BILLS = topic("Bills", "Invoices and bills to be paid: amount due, due date, bank account.")
HEALTH = topic("Health", "Doctors, hospitals, laboratory results, prescriptions and vaccinations.")
TRAVEL = topic("Travel", "Flights, trains, hotels, bookings, tickets and itineraries.")
HOME = topic("Home", "The flat: lease, landlord, rent, repairs and furniture.")
TOPICS = (BILLS, HEALTH, TRAVEL, HOME)

BILL = (
    "Power & Light Ltd. Invoice 2024-118 for electricity. Period: January to March. "
    "Amount due: 182.40 EUR. Please transfer the amount to our bank account by 30 April. "
    "We thank you for your business and wish you a pleasant spring."
)
PRESCRIPTION = (
    "Dr. Ellen Brandt, general practitioner. The patient came with a sore throat and fever. "
    "Laboratory: the blood test showed raised inflammation values. Prescription: amoxicillin "
    "500 mg, three times a day. Please come back to the doctor for a check-up after two weeks."
)
FLIGHT = (
    "Your booking is confirmed. Flight from Hamburg to Lisbon on 12 June, departure 07:15. "
    "Hotel Miradouro, two nights with breakfast. Your electronic ticket is attached. "
    "Please be at the gate thirty minutes before departure."
)
POEM = (
    "The wind has gone to sleep among the reeds, and over the grey water hangs the moon. "
    "A heron stands and thinks of nothing much."
)
