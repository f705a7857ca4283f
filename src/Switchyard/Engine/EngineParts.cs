using Microsoft.Extensions.Options;
using Switchyard.Caching;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Switchyard.Egress.Exchange;
using Switchyard.Identity;
using Switchyard.Money;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Recording;
using Switchyard.Secrets;
using Switchyard.Stored;
using Switchyard.Telemetry;

namespace Switchyard.Engine;

/// <summary>What every call runs through.</summary>
/// <param name="Pipeline">The order of the steps.</param>
/// <param name="Completion">Begins and ends calls.</param>
/// <param name="Clocks">Checks the timeouts of attempts.</param>
/// <param name="Stored">The requests about objects that providers store.</param>
internal sealed record CallParts(DefaultPipeline Pipeline, Completion Completion, ClockWheel Clocks, StoredObjects Stored);

/// <summary>The pipeline's steps of money.</summary>
/// <param name="Call">Reserves the possible cost of a call, and records it.</param>
/// <param name="Attempt">Reserves the possible cost of an attempt.</param>
internal sealed record MoneySteps(MoneyStage Call, TargetBudgetStage Attempt);

/// <summary>The pipeline's steps of telemetry.</summary>
/// <param name="Call">The span of a call.</param>
/// <param name="Attempt">The count, the span and the log line of an attempt.</param>
internal sealed record TelemetrySteps(CallStage Call, AttemptStage Attempt);

/// <summary>The features whose state outlives a configuration.</summary>
/// <param name="Caches">The kept answers.</param>
/// <param name="Comparisons">The experiments and shadows.</param>
/// <param name="Money">The ledger and the budgets.</param>
/// <param name="Keys">The store's keys and tenants.</param>
/// <param name="Plugins">The loaded plugins.</param>
/// <param name="Recorder">The recordings.</param>
/// <param name="Metrics">The metrics that count calls.</param>
internal sealed record EngineFeatures(
    Caches Caches, Comparisons Comparisons, MoneyDesk Money, KeyDirectory Keys, PluginDirectory Plugins, Recorder Recorder,
    EngineMetrics Metrics);

/// <summary>Where the configuration comes from.</summary>
/// <param name="Options">Creates the options of file, environment and code.</param>
/// <param name="Changes">Report that these have changed.</param>
/// <param name="Runtime">The settings made at run time over them.</param>
/// <param name="Secrets">Resolves the references to secrets in both.</param>
/// <param name="RefusedKeys">Reports a key that its provider refused, so that its secret is read again.</param>
internal sealed record ConfigurationSources(
    IOptionsFactory<SwitchyardOptions> Options, IEnumerable<IOptionsChangeTokenSource<SwitchyardOptions>> Changes,
    RuntimeConfiguration Runtime, SecretResolver Secrets, RefusedKeyObserver RefusedKeys);
