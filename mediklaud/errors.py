"""Every reason a desk can be told no: one class a reason, its docstring the sentence."""

_LONGEST_GAP = 600


class Refusal(Exception):
    """The desk cannot do this."""

    # The label of the field the sentence belongs beside; empty where it is about the whole.
    field = ""
    # What was tried and wrong, as the log calls it; ten such tries lock the name.
    wrong = ""

    def __init__(self, **gaps: object) -> None:
        """Fill the sentence's gaps; a gap named `field` also says where it belongs."""
        self.gaps = {word: _cut(gap) for word, gap in gaps.items()}
        self.field = str(gaps.get("field", self.field))
        sentence = " ".join((type(self).__doc__ or "").split())
        super().__init__(sentence.format(**self.gaps))


def _cut(gap: object) -> object:
    # A sentence tells what was typed, and not ten megabytes of it.
    return f"{gap[:_LONGEST_GAP]}…" if isinstance(gap, str) and len(gap) > _LONGEST_GAP else gap


# What is typed


class EmptyField(Refusal):
    """{field} is empty. Please fill it in."""


class TextTooLong(Refusal):
    """{field} is longer than {at_most} characters. Please shorten it."""


class PhoneNotUnderstood(Refusal):
    """ "{typed}" is not a phone number that can be dialled. Type all its digits, or start with + and the country."""

    field = "Phone"


class EmailNotUnderstood(Refusal):
    """This is not an email address letters can reach: {why} Correct it, or leave it empty where there is none."""

    field = "Email"


class BirthDateInTheFuture(Refusal):
    """A birth date after today cannot be right. Check the year."""

    field = "Date of birth"


class AgeNotPossible(Refusal):
    """An age of {years} years cannot be right. Type a number from 0 to 125."""

    field = "Age in years"


class BirthDateOrAgeMissing(Refusal):
    """Neither a date of birth nor an age is given. Ask for one of them."""

    field = "Date of birth"


class StaleForm(Refusal):
    """Somebody changed this record while the form was open. Look at it again, then repeat the change."""


# Signing in and permissions


class AccessRefused(Refusal):
    """This is not open to you."""

    # What was asked for, such as patient/12, where the refusal knows it: for the audit log.
    @property
    def subject(self) -> str:
        """The table and key that were asked for; empty where none was named."""
        return str(self.gaps.get("subject", ""))


class NotPermitted(AccessRefused):
    """Your account may not {deed}. Ask the administrator for the role it needs."""


class SignedOut(Refusal):
    """You are signed out. Sign in again; what you typed has not been saved."""


class WrongCode(Refusal):
    """This is not the code printed in the server's terminal. Copy it from there."""

    field = "One-time code"


class AlreadySetUp(Refusal):
    """This hospital is set up already. Sign in instead."""


class UsernameTaken(Refusal):
    """Another account already has the username {username}. Choose another one."""

    field = "Username"


class UsernameNotUnderstood(Refusal):
    """A username has 3 to 40 small letters, digits, dots or dashes. Choose another one."""

    field = "Username"


class PasswordTooShort(Refusal):
    """A password needs at least 12 characters. A few words in a row make a good one."""

    field = "New password"


class PasswordTooLong(Refusal):
    """A password may have at most 72 bytes. Choose a shorter one."""

    field = "New password"


class PasswordsDiffer(Refusal):
    """The two passwords are not the same. Type them once more."""

    field = "Repeat the new password"


class WrongPassword(Refusal):
    """This is not your present password. Type it once more."""

    field = "Present password"
    wrong = "password"


class LastChief(Refusal):
    """This would leave the hospital without anyone who is {role}. Give another account that role first."""


class DoctorRoleNeedsDoctor(Refusal):
    """An account with the role of doctor belongs to one registered doctor. Choose which one."""

    field = "Doctor"


class DoctorHasAccount(Refusal):
    """This doctor has an account already. Change that one instead."""

    field = "Doctor"


class NoRole(Refusal):
    """An account without a role can do nothing. Choose at least one."""

    field = "Roles"


# The hospital's settings


class ZoneNotKnown(Refusal):
    """ "{zone}" is not a time zone. Choose one such as Asia/Kolkata."""

    field = "Time zone"


class PrefixNotUsable(Refusal):
    """A prefix has 1 to 3 capital letters or digits, so that no number passes 16 characters. Shorten "{prefix}"."""


class PrefixesAlike(Refusal):
    """Every kind of paper needs a prefix of its own, and {prefix} stands twice. Change one of them."""


class GraceNotPossible(Refusal):
    """The days of grace are a number from 0 to 365."""

    field = "Days of grace"


class OverbookingsNotPossible(Refusal):
    """A session takes 0 to 20 overbookings. Type a number of these; with 0 nobody is overbooked."""

    field = "Overbookings a session"


class FollowUpsNotPossible(Refusal):
    """A paid visit gives 0 to 20 follow-ups. Type a number of these; with 0 every one costs its fee."""

    field = "Follow-ups after a paid visit"


class FollowUpDaysNotPossible(Refusal):
    """Follow-ups come within 1 to 365 days of the paid visit. Type a number of these."""

    field = "Within days"


class FollowUpShareNotPossible(Refusal):
    """The share of the fee is 0 to 99 per cent. Type a number of these; 0 is free."""

    field = "Per cent of the fee"


class GraceOfLettersNotPossible(Refusal):
    """A letter rests 0 to 600 seconds before it leaves. Type a number of these."""

    field = "Seconds a letter rests"


class ReminderHoursNotPossible(Refusal):
    """Reminders leave 0 to 168 hours before an appointment. Type a number of these; 0 sends none."""

    field = "Hours before, for reminders"


class LetterOnItsWay(Refusal):
    """This letter is {state} by now, so it is not sent again. Look at the list anew."""


class LetterNotNeeded(Refusal):
    """What this letter tells is old by now: there is a newer letter, or the time is past."""


class NoAddressToSendTo(Refusal):
    """There is no email to which {name} may be written. Add one on "Edit a patient", or call."""


class MailServerNotSet(Refusal):
    """No mail server is set, so there is none to try. Set MEDIKLAUD_SMTP_URL and start anew."""


class MailServerSaysNo(Refusal):
    """The mail server would take no letter: {why}. Letters wait, and are sent once it does."""


class SeriesUsedUp(Refusal):
    """The series {series} has given its last number. Change its prefix in the settings."""


# Doctors and their time


class RegistrationTaken(Refusal):
    """{council} number {registration} belongs to {name} ({number}) already. Look at the certificate once more."""

    field = "Registration number"


class CouncilNotKnown(Refusal):
    """This is not one of the councils that register doctors. Choose it from the list."""

    field = "State council"


class FeeNotPossible(Refusal):
    """A fee is a sum from ₹0 to ₹1,00,000. Correct it."""

    field = "Consultation fee"


class ProcedureFeeStays(Refusal):
    """Procedures were booked with {name}, or a session still sees them, so the fee stays. Change the fee, or close those sessions."""

    field = "Procedure fee"


class DoctorInactive(Refusal):
    """{name} no longer sees patients here. Choose another doctor."""


class RegistrationExpired(Refusal):
    """{name}'s council registration expired on {day:%d %B %Y}. The CMO renews it before that day can be booked."""


class SessionNotPossible(Refusal):
    """This session makes no sense. Correct it."""


class WeekdayNotPossible(SessionNotPossible):
    """A session is held on one of the seven weekdays. Choose one of them."""

    field = "Weekday"


class HoursNotPossible(SessionNotPossible):
    """A session lies between 00:00 and 24:00 of one day. Correct its hours."""


class SessionEndsTooSoon(SessionNotPossible):
    """A session ends after it begins, 5 minutes later at least. Choose an end after {begins}."""

    field = "Ends"


class SlotNotPossible(SessionNotPossible):
    """A slot takes 5 minutes at least and {at_most} at most in these hours. Correct its minutes."""

    field = "Minutes of a slot"


class VisitLengthNotPossible(SessionNotPossible):
    """This visit takes 5 minutes at least and {at_most}, the whole session, at most. Correct its minutes."""


class SessionNeverHeld(SessionNotPossible):
    """The last day is before the first one, {first:%d %B %Y}. Choose a later one, or none."""

    field = "Last day"


class ProcedureNotPriced(SessionNotPossible):
    """{name} has no procedure fee, so nobody could book a procedure. Enter the fee in the doctor's record first."""

    field = "Minutes of a procedure"


class SessionsOverlap(Refusal):
    """{name} already works within these hours on that weekday. Change the times, or close the other session first."""

    field = "Begins"


class HolidayStands(Refusal):
    """{day:%d %B %Y} is a holiday already. Choose another day."""

    field = "Day"


class LeaveNotPossible(Refusal):
    """Leave ends after it begins. Correct its days and times."""

    field = "Last day"


# Appointments


class PastTime(Refusal):
    """This time has passed. Choose a later one."""


class TooFarAhead(Refusal):
    """Appointments are given at most {days} days ahead. Choose an earlier day."""


class NoSuchSlot(Refusal):
    """{name} has no slot at that time any more. Choose one of the times shown."""


class DoctorOnLeave(Refusal):
    """{name} is on leave at that time. Choose another time or another doctor."""


class HospitalClosed(Refusal):
    """The hospital is closed that day: {holiday}. Choose another day."""


class KindNotSeen(Refusal):
    """{name} sees no {kind} at that time. Choose another time, or another kind of visit."""


class TimeHeld(Refusal):
    """{name} is holding this time for another caller, for {left} more. {way_on}"""


class HoldRanOut(Refusal):
    """Your hold on this time has run out, so nothing is booked. {way_on}"""


class HoldExtended(Refusal):
    """A hold is extended once. Book the time, or choose it again when it is free."""


class NotYourHold(AccessRefused):
    """Another clerk holds this time. Choose one of the free times."""


class SessionFull(Refusal):
    """This session has its {cap} overbookings already. Choose another session or the waitlist."""


class NotOverFree(Refusal):
    """This time is free, so nothing needs to be overbooked. Book it as it is."""


class NoTimeLeft(Refusal):
    """{name} has no free time left in a session of today. Overbook one with a reason, or choose another doctor."""


class AlreadyInQueue(Refusal):
    """{patient} has token {token} with {name} already. Look at the queue."""


class NotYourQueue(AccessRefused):
    """This is another doctor's queue. Your own is on the page of today's consultations."""


class NothingToUndo(Refusal):
    """This appointment is {status}, so there is no slip to undo. Look at the list again."""


class WaitsNoMore(Refusal):
    """{patient} does not wait any more: another desk has booked or withdrawn it. Look at the list again."""


class WaitNotPossible(Refusal):
    """A wait needs days and hours that can still come. Correct them."""

    field = "Last day"


class NotStranded(Refusal):
    """{patient}'s time stands as it is and needs no move. Look at the list again."""


class SlotTaken(Refusal):
    """This time was just taken. {way_on}"""


class PatientBusy(Refusal):
    """{patient} already has an appointment with {doctor} at {hour} that day. Choose another time, or move that one."""


class OnHold(Refusal):
    """Routine booking is on hold: {patient} owes {owed} on {bills}. The hospital holds booking back for {rule}.{advance} Take the payment, agree a payment plan, ask for a waiver and wait for it, or book an emergency with its reason."""


class NotBookedAnyMore(Refusal):
    """This appointment is {status} already, so it cannot be {wanted}. Look at the list again."""


class NotYetTime(Refusal):
    """The appointment has not begun yet. A patient has not missed it before {hour}."""


# Consultations


class NotYourPatient(AccessRefused):
    """You have no appointment with this patient, so the record stays closed to you."""


class NotYourAppointment(AccessRefused):
    """This appointment is with another doctor."""


class NotThatDay(Refusal):
    """This appointment is on another day. Arrivals and consultations belong to its own day."""


class AlreadyFinished(Refusal):
    """This consultation is finished already; its note is kept as it was."""


class OtherConsultationOpen(Refusal):
    """You have begun a consultation with {patient}. Finish that one first."""


# Money


class AmountNotPossible(Refusal):
    """A payment is more than zero. Type the sum received."""

    field = "Received"


class MoreThanOwed(Refusal):
    """{patient} owes {owed}, which is less than {received}. Take {owed} at most."""

    field = "Received"


class ReferenceMissing(Refusal):
    """A payment by {method} needs its reference. Copy it from the slip or the screen."""

    field = "Reference"


class ReferenceUsed(Refusal):
    """A payment by {method} with the reference {reference} is in the till already. Check the slip."""

    field = "Reference"


class CashLimit(Refusal):
    """Nobody may receive ₹2,00,000 or more in cash from one person in a day (Income-tax Act 2025, s. 186). Take the rest another way."""

    field = "Received"


class NothingOwed(Refusal):
    """{patient} owes nothing. There is no bill to pay."""


class BillNotOpen(Refusal):
    """Nothing is owed on bill {number} any more. Look at the open bills again."""

    field = "Bills"


class TenderedTooLittle(Refusal):
    """Less cash was handed over than the {amount} to be taken. Type what was received."""

    field = "Cash handed over"


class PaysDuesFirst(Refusal):
    """{patient} owes {owed}. Take it as a payment first, so that booking opens."""

    field = "Received"


class NoAdvance(Refusal):
    """Nothing is left of what {patient} paid. Take a payment instead."""


class DiscountElsewhere(Refusal):
    """A discount or a waiver has a limit and a form of its own. Use that one."""


class BillCreditedAlready(Refusal):
    """All of bill {number} is credited already. There is nothing left to take back."""


class CreditNotPossible(Refusal):
    """A credit note takes back more than zero of lines of its own bill, and no more than is left of them."""

    field = "Amount"


class CreditTooMuch(Refusal):
    """Only {most} is left to credit of "{line}". Type that at most."""

    field = "Amount"


class CreditCancelledAlready(Refusal):
    """Credit note {number} was cancelled already. Look at the bill again."""


class BilledAgain(Refusal):
    """What bill {number} was for is billed anew or did not take place. Its credit note stays."""


class BillVoided(Refusal):
    """Bill {number} was voided by credit note {void}. Cancel that one first."""


class RefundNotPossible(Refusal):
    """A refund is more than zero. Type the sum given back."""

    field = "Amount"


class MoreThanLeft(Refusal):
    """Only {left} of this payment pays no bill. Refund that at most, or credit a bill first."""

    field = "Amount"


class RefundReferenceUsed(Refusal):
    """A refund by {method} with the reference {reference} is on a voucher already. Check the slip."""

    field = "Reference"


class RefundedAlready(Refusal):
    """A part of this payment was refunded, so it did come in. It cannot be reversed."""


class PaymentReversedAlready(Refusal):
    """This payment was reversed: it came to nothing, and there is nothing to refund."""


class ServiceTaken(Refusal):
    """There is a service "{name}" already. Change that one, or choose another name."""

    field = "Service"


class SacNotPossible(Refusal):
    """A SAC has 4 to 6 digits and begins with 99. Look it up in the tariff of services."""

    field = "SAC"


class TaxNotPossible(Refusal):
    """A tax lies between 0 and 100 per cent. Type 0 for what is exempt."""

    field = "Tax"


class PriceNotPossible(Refusal):
    """A price is zero or more. Type it in rupees."""

    field = "Price"


class PriceInThePast(Refusal):
    """A price begins today or later, since bills of the past stay as they are."""

    field = "From"


class ServiceNotPriced(Refusal):
    """{name} is not offered now or has no price yet. Set its price first."""

    field = "Service"


class QuantityNotPossible(Refusal):
    """A quantity is a number from 1 to 9,999."""

    field = "Quantity"


class NothingToBill(Refusal):
    """Nothing here costs anything, so there is no bill."""

    field = "Service"


class GstinMissing(Refusal):
    """Tax may be billed only by who is registered for GST (CGST Act, s. 32). Fill in the hospital's GSTIN first."""

    field = "Service"


class VisitBilledAlready(Refusal):
    """This visit is billed already or is not finished. Void its bill first where it is wrong."""


class OnlyMinorsHavePayers(Refusal):
    """{patient} is of age and pays alone. A payer is named for patients under 18."""

    field = "Payer"


class PayerNotPossible(Refusal):
    """{payer} cannot be named: a payer is of age and has no payer in turn. Choose another adult, or take away the payer {payer} has."""

    field = "Payer"


class BillOnPlan(Refusal):
    """Bill {number} is on a payment plan that has not ended. End that one first, or choose other bills."""

    field = "Bills"


class InstalmentsNotPossible(Refusal):
    """A plan has 1 to {most} instalments of more than zero, each on a day of its own, from today to two years ahead. Correct them."""

    field = "Instalments"


class PlanSumDiffers(Refusal):
    """The instalments come to {agreed}, and {owed} is owed on these bills. Make both the same."""

    field = "Instalments"


class AboveDiscountLimit(AccessRefused):
    """You may take {left} more off this bill at once. Ask for a waiver of the rest; another person approves it."""

    field = "Amount"


class DiscountTooMuch(Refusal):
    """{owed} is owed on bill {number} now. A discount or waiver is more than zero and no more than that."""

    field = "Amount"


class LimitNotPossible(Refusal):
    """A limit is zero or more. Type it in rupees; with 0 every discount is a waiver for two people."""

    field = "Discount limit"


class NeedsAPerson(Refusal):
    """Whoever does this answers for it by name. Sign in with your own account."""


class WaiverAskedAlready(Refusal):
    """A waiver was asked for on bill {number} already. Wait for its decision."""


class WaiverDecidedAlready(Refusal):
    """This waiver is {status} already. Look at the list again."""


class YourOwnWaiver(AccessRefused):
    """You asked for this waiver yourself, so another person decides it."""


class DayIsClosed(Refusal):
    """Your day at the till is closed, so it takes no more money and gives none back. Another person can reopen it with a reason."""


class DayClosedAlready(Refusal):
    """Your till of {day:%d %B %Y} is closed already. Another person can reopen it with a reason."""


class DayNotCome(Refusal):
    """That day is still to come. Close today or a day before it."""

    field = "Day"


class CountMissesReason(Refusal):
    """What was counted by {method} differs by {difference} from the ledger. Count once more, or say why."""

    field = "Reason"


class NotYourTill(AccessRefused):
    """This is another cashier's till. The page of your own day shows yours."""


class YourOwnDay(AccessRefused):
    """This is your own day at the till, so another person reopens it."""


class PromiseNotPossible(Refusal):
    """Who promises to pay says by which day, today or within a year; any other outcome has no such day."""

    field = "Promised for"


class PauseNotPossible(Refusal):
    """Reminders may rest until today or a day within a year. Choose one."""

    field = "Last day"


class ShareNotPossible(Refusal):
    """A share is 0 to 100 per cent of the money received, or a sum for each visit, not both. Correct it."""

    field = "Share"


class ShareInThePast(Refusal):
    """A share begins today or later, since the statements of the past stay as they are."""

    field = "From"


# The house itself


class TwoDesksMet(Refusal):
    """Another desk was writing at the same moment. Nothing was saved; please try once more."""


class StorageFull(Refusal):
    """The disk of the server is full. Nothing was saved; call the administrator."""


class DatabaseNotReached(Refusal):
    """The database cannot be reached. Nothing was saved; call the administrator if this stays."""


class DatabaseIsNewer(Refusal):
    """This database was written by a newer MediKlaud ({revision}). Install that release, or restore a backup."""


class DatabaseNotPrepared(Refusal):
    """The database is not at this release's tables (found {found}, wanted {wanted}). Run "python -m mediklaud init" first."""


class DatabaseNotUnderstood(Refusal):
    """MEDIKLAUD_DATABASE_URL cannot be read. Write postgresql://user:password@host/name, or leave it empty for SQLite."""


class DataFolderNotUsable(Refusal):
    """{path} cannot be read or written. Give this user the right to, or choose another folder with MEDIKLAUD_DATA_DIR."""


class SettingNotUsable(Refusal):
    """The setting {name} cannot be used: {why}. Correct it and start again."""


class NotSetUp(Refusal):
    """The hospital is not set up yet. Open its page in a browser first, with the code that "python -m mediklaud init" prints."""


class NotEmpty(Refusal):
    """The database already holds a hospital. The demo loads only into an empty one."""


class BenchNeedsEmptyDatabase(Refusal):
    """The benchmark fills a database with rows no hospital can use, so it needs an empty one. Create another and give its --url."""


class NoPostgreSQL(Refusal):
    """There is no PostgreSQL to measure. Give the --url of an empty database, or install requirements-dev.txt, which brings a server."""


class DemoDayNotPossible(Refusal):
    """The demo's present day cannot be {day:%d %B %Y}, which is still to come. Choose today or an earlier day."""


class NotFound(AccessRefused):
    """There is no {what} like that. It may have been typed wrong."""


# Amounts


class AmountMissing(Refusal):
    """No amount was typed. Enter it in rupees, for example 1,250.50."""


class AmountUnreadable(Refusal):
    """ "{typed}" is not an amount. Enter rupees in figures, for example 1,250.50."""


class AmountNegative(Refusal):
    """ "{typed}" is below zero. Enter the amount without a minus sign."""


class AmountTooFine(Refusal):
    """ "{typed}" has more than two decimals. The smallest coin is one paisa; round it first."""


class AmountCommasMisplaced(Refusal):
    """The commas in "{typed}" are misplaced. Write 1,23,456.50, or leave the commas out."""


class AmountTooLarge(Refusal):
    """ "{typed}" is more than the desk takes at once, {most}. Check the figure."""


# Dues and the till


class BillOfAnotherPayer(AccessRefused):
    """Bill {number} is owed by {owes}, and this receipt is {payer}'s. Take it apart, on a receipt of its own."""

    field = "Bills"


class YourOwnLimit(AccessRefused):
    """Nobody sets the own limit. Another administrator does."""

    field = "Discount limit"


class DuesOnKeptPlan(Refusal):
    """What {patient} owes is on a payment plan that is kept. Whoever keeps a plan gets no reminder."""


class RemindersRest(Refusal):
    """Reminders to {patient} rest until {day:%d %B %Y}: {reason}. End the pause first, or wait."""


class ReminderTooEarly(Refusal):
    """{patient} was reminded of bill {number}. The next letter may leave from {day:%d %B %Y} on; until then, call."""


class RemindedToTheLast(Refusal):
    """The final reminder of bill {number} has left. Call {patient}, or agree a payment plan."""


class RemindedMeanwhile(Refusal):
    """Another desk has just queued these letters. Look at the list again."""


# Text that is no text


class TextNotKept(Refusal):
    """This text holds characters that no record can keep. Type it anew instead of pasting it."""


# Passwords, codes and second factors


class PasswordTooCommon(Refusal):
    """This password is too easy to guess: it is a common one, a name, or a pattern. A few words in a row that have nothing to do with you or the hospital make a good one."""

    field = "New password"


class PasswordNotPrintable(Refusal):
    """A password has letters, figures, signs and blanks only. Something else came along, perhaps when it was pasted: type it."""

    field = "New password"


class NameLocked(Refusal):
    """There were ten wrong tries within 15 minutes, so this name is locked for 15 minutes. Wait, or ask the administrator for a code."""


class AccountDisabled(Refusal):
    """This account is disabled, so a code would open nothing. Let it sign in again first."""


class WrongFactor(Refusal):
    """This code is not right, or it was used before. Wait for the next one in the app, or type a recovery code."""

    field = "Code from the app"
    wrong = "second factor"


class FactorNotConfirmed(Refusal):
    """This is not the code the app shows now. Check that the phone's clock is set by itself, and type the code once more."""

    field = "Code from the app"


class FactorStands(Refusal):
    """This account has a second factor already. Take it away before another phone gets it."""


class NoFactor(Refusal):
    """This account has no second factor."""


class FactorRequired(Refusal):
    """The hospital asks the CMO and administrators for a second factor, so this one stays. For another phone the administrator takes it away, and you set it up anew at the next sign-in."""


# Whose record it is


class OwnPatient(Refusal):
    """{patient} is your own patient. Open the record from your list; nothing needs breaking."""


class AlreadyReviewed(Refusal):
    """This opening was reviewed already. The list shows what was noted."""


class OwnGlass(AccessRefused):
    """You opened this record yourself. Another Chief Medical Officer must review it."""


# A safe start


class KeyMissing(Refusal):
    """{path} is missing, and the database already holds rows that were sealed with it. Bring it back from a backup or from another server of this hospital; a new key would break the audit log."""


class KeyDamaged(Refusal):
    """{path} is no key: {why}. Bring it back from a backup or from another server of this hospital."""


class KeyOpenToOthers(Refusal):
    """{path} can be read or changed by other users of this machine. Run "chmod 600 {path}" and start again."""


class KeyOfAnotherHouse(Refusal):
    """{path} is not the key that this database's audit log was sealed with. Bring that one back from a backup or from another server of this hospital."""


class SwitchNotSafe(Refusal):
    """Streamlit's switch {switch} is {found}: {danger}. Set it to {wanted} in .streamlit/config.toml, and take {variable} out of the environment and --{switch} out of the command."""


class SingleSignOnNotSafe(Refusal):
    """Single sign-on is not set up safely: {why}. Correct [auth] in .streamlit/secrets.toml, or take it out, and start again."""


class IdentityUnknown(Refusal):
    """No account here has your verified email address. Ask the administrator to create one, or to write this address into yours."""


class IdentityAccountDisabled(Refusal):
    """Your account is disabled. Ask the administrator."""


class IdentityNotTrusted(Refusal):
    """What single sign-on said of you cannot be trusted here. Ask the administrator."""


class IdentityNotFresh(Refusal):
    """What single sign-on said of you was used before, or is too old. Sign in with it again."""


# Who pays, and the papers


class PayerStillOwes(Refusal):
    """{payer} still owes for the care of {patient}: {bills}. Once that is paid, waived or credited, another payer can be named."""

    field = "Payer"


class PrefixHadBefore(Refusal):
    """There are {papers} under the prefix {prefix}, so another kind of paper cannot have it: two papers could share a number. Choose one that was never used."""


class ZoneInUse(Refusal):
    """Papers are dated in {zone}, and in another time zone their days, the days of grace and the days of the till would be others than those on paper. So the time zone stays as it is."""

    field = "Time zone"


class BillTooLarge(Refusal):
    """A bill comes to {most} at most. Look at the quantities and the prices again."""

    field = "Quantity"


class CreditedWhole(Refusal):
    """This would take back all that is left of bill {number}. Void it, so that its visit may be billed anew, or ask for a waiver."""

    field = "Amount"


class GlassOfAnInactiveDoctor(AccessRefused):
    """You no longer see patients here, so nobody else's record opens to you. Ask the Chief Medical Officer."""


class SessionNeverTakesPlace(SessionNotPossible):
    """No {day:%A} from today on lies between the first and the last day. Choose a later last day, or none."""

    field = "Last day"


class NumberTooLarge(AccessRefused):
    """Nothing here has so large a number. It may have been typed wrong."""
