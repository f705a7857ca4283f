namespace Switchyard.Telemetry;

/// <summary>The measures. <see cref="TelemetryNames"/> lists their external names.</summary>
internal enum Measure
{
    /// <summary>Calls that reached a deployment, each counted once, regardless of retries.</summary>
    Requests,

    /// <summary>Running attempts.</summary>
    Active,

    /// <summary>Ended attempts, by outcome.</summary>
    Attempts,

    /// <summary>The time of a request at one deployment, including its retries there, by status.</summary>
    Duration,

    /// <summary>Ended requests, by status: the number of observations of <see cref="Duration"/>.</summary>
    Ended,

    /// <summary>Requests that ended with an error, by its code and status.</summary>
    Errors,

    /// <summary>The time from sending a streamed request to its first content frame.</summary>
    FirstToken,

    /// <summary>Token counts that providers reported, by type.</summary>
    Tokens,

    /// <summary>Of <see cref="Tokens"/>, those of the whole prompt. The next ones are parts of prompt and answer.</summary>
    InputTokens,

    /// <summary>Tokens of the answer.</summary>
    OutputTokens,

    /// <summary>Prompt tokens read from the provider's cache.</summary>
    CacheReadTokens,

    /// <summary>Prompt tokens written to the provider's cache.</summary>
    CacheWriteTokens,

    /// <summary>Tokens of the answer that were reasoning.</summary>
    ReasoningTokens,

    /// <summary>Complete answers whose provider reported no tokens.</summary>
    UncountedAnswers,

    /// <summary>Calls whose first target was this deployment.</summary>
    RoutingDecisions,

    /// <summary>Calls that fell back from one target to another.</summary>
    Fallbacks,

    /// <summary>Exchanges of a provider's credential.</summary>
    Rotations,

    /// <summary>A provider's health: 1 healthy, 0.5 degraded or unknown, 0 unhealthy.</summary>
    ProviderHealth,

    /// <summary>Whether this node counts limits alone because the shared store is unavailable: 1, else 0.</summary>
    LimitsAlone,

    /// <summary>Whether the ledger, or the database that it is copied to, cannot be written: 1, else 0.</summary>
    LedgerUnavailable,

    /// <summary>The state of each deployment's circuit: 0 closed, 1 half-open, 2 open.</summary>
    CircuitState,

    /// <summary>Ended calls, by outcome, client key and tenant.</summary>
    Calls,

    /// <summary>The gateway's own part of a call's time until its answer was open.</summary>
    Overhead,

    /// <summary>Decisions of the network policy, by action and decision.</summary>
    EgressDecisions,

    /// <summary>Failed runs of plugins.</summary>
    PluginFailures,

    /// <summary>Matches of guards, by action.</summary>
    GuardMatches,

    /// <summary>Calls that looked up a cache, by result.</summary>
    CacheLookups,

    /// <summary>Values that became <c>other</c> because there are too many, by label.</summary>
    LabelOverflow,
}

/// <summary>The labels of measures.</summary>
internal enum Label
{
    /// <summary>The provider's name.</summary>
    Provider,

    /// <summary>The provider's own model id.</summary>
    Model,

    /// <summary>The operation, as named in <c>providers.json</c>.</summary>
    Operation,

    /// <summary>The tenant.</summary>
    Tenant,

    /// <summary><c>success</c>, <c>error</c>, or <c>canceled</c> if the client left.</summary>
    Status,

    /// <summary>The error's code.</summary>
    ErrorType,

    /// <summary>The provider's status, else the client's.</summary>
    StatusCode,

    /// <summary><c>prompt</c>, <c>completion</c> or <c>total</c>.</summary>
    TokenType,

    /// <summary>Why a credential was exchanged.</summary>
    Reason,

    /// <summary>The provider a call left.</summary>
    From,

    /// <summary>The provider a call went to.</summary>
    To,

    /// <summary>The number of the provider's credential.</summary>
    Credential,

    /// <summary>The client key, by its id.</summary>
    Key,

    /// <summary>The name of a label.</summary>
    Name,

    /// <summary>The purpose of a request: <c>provider.request</c>, <c>media.download</c>.</summary>
    Action,

    /// <summary><c>allowed</c>, <c>reported</c> or <c>blocked</c>.</summary>
    Decision,

    /// <summary>A plugin, by its name and version.</summary>
    Plugin,

    /// <summary>A guard, by its name.</summary>
    Guard,
}
