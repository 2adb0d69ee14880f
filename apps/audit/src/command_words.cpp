// apps/audit/src/command_words.cpp - one clause for each kind of entry.
#include "command_words.hpp"

#include <string_view>

#include "journal/keys.hpp"
#include "market/decimal.hpp"
#include "market/fail_words.hpp"

namespace spillway {
namespace {

std::string of(std::string_view what, std::uint64_t id) {
  return std::string(what) + " " + std::to_string(id);
}

struct Clause {
  std::string operator()(SetRules const& c) const { return of("set the rules, version", c.rules.version); }
  std::string operator()(DefinePlaces const&) const { return "defined places"; }
  std::string operator()(DefineRoundTrips const&) const { return "defined round trips"; }
  std::string operator()(DefineClasses const&) const { return "defined accelerator classes"; }
  std::string operator()(DefineTiers const&) const { return "defined tiers"; }
  std::string operator()(DefineModels const&) const { return "defined models"; }
  std::string operator()(DefineRelay const&) const { return "defined the relay's place"; }
  std::string operator()(SetHalt const& c) const {
    return c.halted ? "halted new business" : "ended the halt";
  }
  std::string operator()(AddParticipant const& c) const { return of("entered participant", c.participant.v); }
  std::string operator()(AddKey const& c) const {
    return of("entered a key of participant", c.participant.v);
  }
  std::string operator()(Deposit const& c) const {
    return of("deposited " + money_text(c.amount) + " for participant", c.participant.v);
  }
  std::string operator()(FundGuarantee const& c) const {
    return "funded the guarantee with " + money_text(c.amount);
  }
  std::string operator()(RegisterNode const&) const { return "registered a node"; }
  std::string operator()(UnitAttested const& c) const { return of("found a unit proven, of node", c.node.v); }
  std::string operator()(UnitRejected const& c) const { return of("rejected a unit of node", c.node.v); }
  std::string operator()(NodeLost const& c) const { return of("lost node", c.node.v); }
  std::string operator()(NodeBack const& c) const { return of("saw the return of node", c.node.v); }
  std::string operator()(PostOffer const&) const { return "posted an offer"; }
  std::string operator()(AmendOffer const& c) const { return of("amended offer", c.offer.v); }
  std::string operator()(CancelOffer const& c) const { return of("cancelled offer", c.offer.v); }
  std::string operator()(PlaceOrder const&) const { return "placed an order"; }
  std::string operator()(AmendOrder const& c) const { return of("amended order", c.order.v); }
  std::string operator()(CancelOrder const& c) const { return of("cancelled order", c.order.v); }
  std::string operator()(ReleaseLease const& c) const { return of("released lease", c.lease.v); }
  std::string operator()(JobAcknowledged const& c) const {
    return of("saw the acknowledgement of job", c.job.v);
  }
  std::string operator()(JobFirstToken const& c) const { return of("saw the first token of job", c.job.v); }
  std::string operator()(JobMarked const& c) const { return of("counted the output of job", c.job.v); }
  std::string operator()(JobCompleted const& c) const { return of("saw the end of job", c.job.v); }
  std::string operator()(JobFailed const& c) const {
    return of("saw the failure of job", c.job.v) + " (" + words(c.code) + ")";
  }
  std::string operator()(LeaseReady const& c) const { return of("reported ready lease", c.lease.v); }
  std::string operator()(LeaseFailed const& c) const {
    return of("reported the failure of lease", c.lease.v) + " (" + words(c.code) + ")";
  }
  std::string operator()(Tick const&) const { return "let time pass"; }
  std::string operator()(Resumed const& c) const {
    return c.relay_lost ? "started again after a stop" : "went on after a stall";
  }
  std::string operator()(Continue const&) const { return "went on with what was left to do"; }
  std::string operator()(CancelAll const& c) const {
    if (c.participant.some()) return of("cancelled all orders and offers of participant", c.participant.v);
    if (c.node.some()) return of("cancelled all offers of node", c.node.v);
    if (c.instrument.some()) return of("cancelled all offers of instrument", c.instrument.v);
    return "cancelled all orders and offers of its own";
  }
  std::string operator()(SetRegister const& c) const {
    return of(c.row == Bytes32{} ? "erased the register's row of participant"
                                 : "wrote the register's row of participant",
              c.participant.v);
  }
  std::string operator()(LogKeyChange const& c) const {
    return "changed the log's key from " + key_id_text(c.before_id) + " to " + key_id_text(c.after_id);
  }
  std::string operator()(SessionStatement const& c) const {
    return of("signed what it sent up to request", c.last_request);
  }
  std::string operator()(EpochOpen const& c) const { return of("opened epoch", c.epoch); }
  std::string operator()(EpochClose const& c) const { return of("revealed the seed of epoch", c.epoch); }
  std::string operator()(StateDigest const& c) const {
    return of("said what its state was after sequence", c.seq.v);
  }
  std::string operator()(NodeDrain const& c) const {
    return of(c.reason == DrainReason::none ? "ended the drain of node" : "drained node", c.node.v);
  }
  std::string operator()(BondPost const& c) const {
    return of("posted the bond of a unit of node", c.node.v);
  }
  std::string operator()(BondTake const& c) const {
    return of("took back the bond of a unit of node", c.node.v);
  }
  std::string operator()(FrozenSettle const& c) const {
    return of(c.to == FrozenTo::earnings ? "released frozen earnings of participant"
                                         : "forfeited frozen earnings of participant",
              c.participant.v);
  }
  std::string operator()(UnitChecked const& c) const {
    return of(c.kind == CheckKind::probe ? "probed a unit at work in epoch"
                                         : "checked a unit in the census of epoch",
              c.epoch);
  }
};

}  // namespace

std::string words(Command const& command) { return std::visit(Clause{}, command); }

std::string who(ParticipantId participant) {
  return participant.some() ? "participant " + std::to_string(participant.v) : "the exchange";
}

}  // namespace spillway
