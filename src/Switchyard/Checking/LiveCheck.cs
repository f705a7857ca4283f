using System.Diagnostics;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Common;
using Switchyard.Engine;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Http;

namespace Switchyard.Checking;

/// <summary>
/// Finds out what a provider really supports, by asking it small things through the engine. About a dozen requests a provider, one after
/// the other; they cost what such requests cost.
/// </summary>
/// <param name="engine">The engine, started.</param>
/// <param name="time">The clock.</param>
public sealed class LiveCheck(SwitchyardEngine engine, TimeProvider time)
{
    /// <summary>How long one request may take.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told which probe begins.</summary>
    public IProgress<string>? Progress { get; init; }

    /// <summary>Tries a provider out.</summary>
    /// <param name="provider">Its name.</param>
    /// <param name="model">The model to try it with; null takes the cheapest of those it is known for.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public async Task<ProviderCheckReport> RunAsync(string provider, string? model, CancellationToken cancellationToken)
    {
        var run = new Run(this, provider, cancellationToken);
        IReadOnlyList<ProviderModel> listed = [];
        await run.TryAsync(ProbeNames.List, async token =>
        {
            using var lease = await engine.Registry.AcquireAsync(provider, token).ConfigureAwait(false);
            listed = await lease.Provider.ListModelsAsync(token).ConfigureAwait(false);
            return lease.Provider is HttpProvider { Descriptor.ModelsPath: null } ? null : new Seen(true, listed.Count == 1 ? "1 model" : $"{listed.Count} models");
        }).ConfigureAwait(false);
        model ??= Choose(provider, listed);
        if (model is null)
        {
            run.Skip(ProbeNames.Chat, "no model to try it with: name one with --model");
            return run.Report(null);
        }

        using var client = new SwitchyardChatClient(engine);
        var probes = new ChatProbes(client, $"{provider}/{model}");
        if (!await run.TryAsync(ProbeNames.Chat, async token => await probes.ChatAsync(token).ConfigureAwait(false)).ConfigureAwait(false))
            return run.Report(model);

        var usage = default(Seen);
        var streams = await run.TryAsync(ProbeNames.Stream, async token =>
        {
            (var stream, usage) = await probes.StreamAsync(token).ConfigureAwait(false);
            return stream;
        }).ConfigureAwait(false);
        if (streams)
            run.Add(ProbeNames.StreamUsage, usage);
        else
            run.Skip(ProbeNames.StreamUsage, "there was no stream");
        if (await run.TryAsync(ProbeNames.Tools, async token => await probes.ToolsAsync(token).ConfigureAwait(false)).ConfigureAwait(false))
            await run.TryAsync(ProbeNames.ParallelTools, async token => await probes.ParallelToolsAsync(token).ConfigureAwait(false)).ConfigureAwait(false);
        else
            run.Skip(ProbeNames.ParallelTools, "it calls no tool");
        await run.TryAsync(ProbeNames.JsonSchema, async token => await probes.JsonSchemaAsync(token).ConfigureAwait(false)).ConfigureAwait(false);
        if ((await engine.Models.GetAsync($"{provider}/{model}", cancellationToken).ConfigureAwait(false)).Info?.Facts.Reasoning is false)
            run.Skip(ProbeNames.Reasoning, "the model catalogue says that this model does not");
        else
            await run.TryAsync(ProbeNames.Reasoning, async token => await probes.ReasoningAsync(token).ConfigureAwait(false)).ConfigureAwait(false);
        await run.TryAsync(ProbeNames.Stop, async token => await probes.StopAsync(token).ConfigureAwait(false)).ConfigureAwait(false);
        return run.Report(model);
    }

    /// <summary>The cheapest model whose price is known, among those that chat; else the first of these.</summary>
    private string? Choose(string provider, IReadOnlyList<ProviderModel> listed)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var known = engine.Registry.All.FirstOrDefault(one => string.Equals(one.Name, provider, StringComparison.OrdinalIgnoreCase));
        var names = known?.Models is { Count: > 0 } models ? models : [.. listed.Where(model => model.Capabilities.Completion).Select(model => model.Id)];
        var facts = ModelCatalog.Default;
        var chatting = names.Where(name => !name.Contains("embed", StringComparison.OrdinalIgnoreCase) && (known is null || facts.FindListed(known.Descriptor.Name, name)?.Kind is null or ModelKind.Chat)).ToList();
        return chatting
            .Select(name => (Name: name, Price: known is null ? null : facts.FindListed(known.Descriptor.Name, name)?.PriceOn(today)?.Rates.Output))
            .Where(one => one.Price is not null)
            .OrderBy(one => one.Price)
            .Select(one => one.Name)
            .FirstOrDefault() ?? chatting.FirstOrDefault();
    }

    /// <summary>One provider's results as they come.</summary>
    private sealed class Run(LiveCheck check, string provider, CancellationToken cancellationToken)
    {
        /// <summary>Every probe, in the order in which they are told.</summary>
        private static readonly string[] s_order =
        [
            ProbeNames.Reachable, ProbeNames.List, ProbeNames.Chat, ProbeNames.Stream, ProbeNames.StreamUsage, ProbeNames.Tools,
            ProbeNames.ParallelTools, ProbeNames.JsonSchema, ProbeNames.Reasoning, ProbeNames.Stop,
        ];

        private readonly Dictionary<string, ProbeResult> _results = [];
        private bool _answered;
        private string? _unreachable;

        /// <summary>Makes a probe; null from it means that there is nothing to try.</summary>
        /// <returns>Whether it works.</returns>
        public async Task<bool> TryAsync(string probe, Func<CancellationToken, Task<Seen?>> ask)
        {
            check.Progress?.Report($"{provider}: {probe}");
            var begun = Stopwatch.GetTimestamp();
            using var clock = new CancellationTokenSource(check.Timeout, check.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
            Seen? seen;
            try
            {
                seen = await ask(either.Token).ConfigureAwait(false);
                _answered |= seen is not null;
            }
            catch (OperationCanceledException) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                seen = new Seen(false, $"no answer within {check.Timeout.TotalSeconds:0.#} s");
                _unreachable ??= seen.Value.Detail;
            }
            catch (CallException e)
            {
                seen = new Seen(false, e.Message);
                _answered |= e.Error.UpstreamStatus is not null;
                _unreachable ??= e.Message;
            }
            catch (ProviderException e)
            {
                seen = new Seen(false, e.Message);
                // A list that is refused, or is none, has still come from somewhere.
                _unreachable ??= e.Message;
            }

            if (seen is null)
                Skip(probe, "it has no list of models");
            else
                Add(probe, seen.Value, Stopwatch.GetElapsedTime(begun));
            return seen is { Works: true };
        }

        public void Add(string probe, Seen seen, TimeSpan elapsed = default) => _results[probe] =
            new(probe, seen.Works ? ProbeOutcome.Yes : ProbeOutcome.No, seen.Detail is null ? null : OneLine(seen.Detail), elapsed);

        public void Skip(string probe, string why) => _results[probe] = new(probe, ProbeOutcome.Skipped, why, default);

        public ProviderCheckReport Report(string? model)
        {
            Add(ProbeNames.Reachable, new Seen(_answered, _answered ? null : _unreachable));
            return new(provider, model, [.. s_order.Select(probe => _results.GetValueOrDefault(probe) ?? new(probe, ProbeOutcome.Skipped, "it cannot chat", default))]);
        }

        private static string OneLine(string text)
        {
            var clean = Sanitizer.Clean(text).ReplaceLineEndings(" ");
            return clean.Length <= 200 ? clean : clean[..200] + "…";
        }
    }

    private TimeProvider Time => time;
}
