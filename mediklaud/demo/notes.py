"""What is written in the demo hospital: invented, harmless, and about nobody."""

NOTES: dict[str, tuple[str, ...]] = {
    "Cardiology": (
        "Check-up of blood pressure, 128/82 today. Home readings reviewed.\n"
        "Advice: less salt, a walk of half an hour every day.\nReview in four weeks.",
        "Palpitations now and then, none today. ECG: sinus rhythm.\n"
        "Advice: less tea and coffee, a diary of the episodes.",
        "Feels well. Pulse regular, chest clear. Plan goes on as it is.",
    ),
    "General medicine": (
        "Cold for three days, no fever today. Throat a little red.\n"
        "Advice: rest, warm fluids; come again if fever returns.",
        "Tired for some weeks. Sleep and meals discussed. Blood count and thyroid tests asked for.",
        "Reports reviewed, all within range. No change in the plan.",
        "Mild acidity after late dinners. Advice on meal times.",
    ),
    "Paediatrics": (
        "Growth and weight on the curve. Vaccination card up to date.\nNext visit in six weeks.",
        "Runny nose for two days, feeding well, playful.\n"
        "Advice: saline drops, watch for fast breathing.",
        "Itchy rash on the arms, fading. Soap changed; mother reassured.",
    ),
    "Obstetrics and gynaecology": (
        "Routine antenatal visit, all well. Iron and calcium go on.\nNext visit in four weeks.",
        "Cycle irregular for three months. Ultrasound asked for; review with the report.",
        "Routine check, no complaint. Screening explained.",
    ),
    "Orthopaedics": (
        "Knee stiff in the morning, full movement. Exercises shown.\nReview in three weeks.",
        "Twisted ankle last week, swelling less. Bandage and rest; no fracture on the film.",
        "Low back ache after long sitting. Posture and exercises discussed.",
    ),
    "Dermatology": (
        "Dry skin on both hands. Moisturiser twice a day; gloves for washing up.",
        "Mild acne on the forehead. Routine explained; result expected in eight weeks.",
        "Fungal patch on the foot, much smaller. Cream for two more weeks.",
    ),
    "ENT": (
        "Ear blocked with wax, cleared. Drum normal on both sides.",
        "Sneezing in the mornings. Dust avoidance explained; spray for four weeks.",
        "Sore throat, better than last week. Voice rest for some days.",
    ),
    "Ophthalmology": (
        "New glasses written: right -1.25, left -1.00. Fundus normal.",
        "Eyes tired after screen work. Breaks and lubricant drops advised.",
        "Pressure 15 and 14, discs healthy. Review in six months.",
    ),
}

CANCEL_REASONS: tuple[str, ...] = (
    "Travelling that day",
    "Feels better",
    "Could not get leave from work",
    "Called to cancel",
    "Will come with a family member later",
)
