using Switchyard.Affinity;
using Switchyard.Calls;
using Switchyard.Identity;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Engine;

/// <summary>The state of features that outlives each snapshot. Thread-safe.</summary>
/// <param name="Places">The concurrency places of all calls.</param>
/// <param name="Affinities">The targets of affinities.</param>
/// <param name="Owners">The accounts that store answers.</param>
/// <param name="Keys">The store's keys and tenants.</param>
/// <param name="Models">The models known as data.</param>
/// <param name="Time">The clock.</param>
internal sealed record LastingState(
    ConcurrencyGate Places, AffinityStore Affinities, AnswerOwners Owners, KeyDirectory Keys, ModelCatalog Models, TimeProvider Time);
