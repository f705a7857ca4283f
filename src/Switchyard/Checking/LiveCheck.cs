using System.Diagnostics;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Common;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Http;

namespace Switchyard.Checking;

/// <summary>
/// Probes which features a provider really supports, with small requests through the engine: about a dozen per provider, in sequence.
/// They are billed like any other request.
/// </summary>
/// <param name="engine">The engine, started.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveCheck(SwitchyardEngine engine, TimeProvider time)
{
    /// <summary>The time limit of one request.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Receives the name of each probe as it begins.</summary>
    public IProgress<string>? Progress { get; init; }

    private TimeProvider Time => time;

    /// <summary>Probes a provider.</summary>
    /// <param name="provider">Its name.</param>
    /// <param name="model">The model to send requests to; null takes the cheapest known.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public async Task<ProviderCheckReport> RunAsync(string provider, string? model, CancellationToken cancellationToken)
    {
        var run = new Run(this, provider, cancellationToken);
        var listed = await ListAsync(run, provider).ConfigureAwait(false);
        model ??= ProbeModel.Choose(engine.Registry, provider, listed, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime));
        if (model is null)
        {
            run.Skip(ProbeNames.Chat, "no model to try it with: name one with --model");
            return run.Report(null);
        }

        using var client = new SwitchyardChatClient(engine);
        var probes = new ChatProbes(client, $"{provider}/{model}");
        if (!await run.TryAsync(ProbeNames.Chat, async token => await probes.ChatAsync(token).ConfigureAwait(false)).ConfigureAwait(false))
            return run.Report(model);

        var usage = default(ProbeVerdict);
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
        {
            await run.TryAsync(ProbeNames.ParallelTools, async token => await probes.ParallelToolsAsync(token).ConfigureAwait(false))
                .ConfigureAwait(false);
        }
        else
        {
            run.Skip(ProbeNames.ParallelTools, "it calls no tool");
        }

        var info = (await engine.Models.GetAsync($"{provider}/{model}", cancellationToken).ConfigureAwait(false)).Info;
        await TryUnlessKnownAsync(ProbeNames.JsonSchema, info?.Facts.JsonSchema == false, probes.JsonSchemaAsync).ConfigureAwait(false);
        await TryUnlessKnownAsync(ProbeNames.Reasoning, info?.Facts.Reasoning == false, probes.ReasoningAsync).ConfigureAwait(false);
        await TryUnlessKnownAsync(ProbeNames.Stop, info?.Facts.Takes("stop", null) == false, probes.StopAsync).ConfigureAwait(false);
        return run.Report(model);

        // A feature that the catalogue marks as unsupported is not sent, so nothing is probed; the result names the fact's source.
        async Task TryUnlessKnownAsync(string probe, bool cannot, Func<CancellationToken, Task<ProbeVerdict>> ask)
        {
            if (cannot)
                run.Skip(probe, $"the model catalogue says that this model does not ({string.Join("; ", SourcesOf(info!))})");
            else
                await run.TryAsync(probe, async token => await ask(token).ConfigureAwait(false)).ConfigureAwait(false);
        }

        static IEnumerable<string> SourcesOf(ModelInfo info) => info.Rules.Prepend($"{info.Source.Name} of {info.Source.Date:yyyy-MM-dd}");
    }

    private async Task<IReadOnlyList<ProviderModel>> ListAsync(Run run, string provider)
    {
        IReadOnlyList<ProviderModel> listed = [];
        await run.TryAsync(ProbeNames.List, async token =>
        {
            using var lease = await engine.Registry.AcquireAsync(provider, token).ConfigureAwait(false);
            listed = await lease.Provider.ListModelsAsync(token).ConfigureAwait(false);
            return lease.Provider is HttpProvider { Descriptor.ModelsPath: null }
                ? null
                : ProbeVerdict.Working(listed.Count == 1 ? "1 model" : $"{listed.Count} models");
        }).ConfigureAwait(false);
        return listed;
    }

    /// <summary>The results of one provider, in the order of completion.</summary>
    private sealed class Run(LiveCheck check, string provider, CancellationToken cancellationToken)
    {
        /// <summary>Every probe, in the order of the report.</summary>
        private static readonly string[] s_order =
        [
            ProbeNames.Reachable, ProbeNames.List, ProbeNames.Chat, ProbeNames.Stream, ProbeNames.StreamUsage, ProbeNames.Tools,
            ProbeNames.ParallelTools, ProbeNames.JsonSchema, ProbeNames.Reasoning, ProbeNames.Stop,
        ];

        private readonly Dictionary<string, ProbeResult> _results = [];
        private bool _answered;
        private string? _unreachable;

        /// <summary>Runs a probe. A null verdict means that nothing can be probed: it is skipped.</summary>
        /// <returns>True if it works.</returns>
        public async Task<bool> TryAsync(string probe, Func<CancellationToken, Task<ProbeVerdict?>> ask)
        {
            check.Progress?.Report($"{provider}: {probe}");
            var begun = Stopwatch.GetTimestamp();
            using var clock = new CancellationTokenSource(check.Timeout, check.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
            ProbeVerdict? verdict;
            try
            {
                verdict = await ask(either.Token).ConfigureAwait(false);
                _answered |= verdict is not null;
            }
            catch (OperationCanceledException) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                verdict = ProbeVerdict.Failing($"no answer within {check.Timeout.TotalSeconds:0.#} s");
                _unreachable ??= verdict.Value.Detail;
            }
            catch (CallException e)
            {
                verdict = ProbeVerdict.Failing(e.Message);
                _answered |= e.Error.UpstreamStatus is not null;
                _unreachable ??= e.Message;
            }
            catch (ProviderException e)
            {
                // The message does not show whether the provider refused or did not answer; the chat probe does.
                verdict = ProbeVerdict.Failing(e.Message);
                _unreachable ??= e.Message;
            }

            if (verdict is null)
                Skip(probe, "it has no list of models");
            else
                Add(probe, verdict.Value, Stopwatch.GetElapsedTime(begun));
            return verdict is { Works: true };
        }

        public void Add(string probe, ProbeVerdict verdict, TimeSpan elapsed = default)
        {
            var detail = verdict.Detail is null ? null : OneLine(verdict.Detail);
            _results[probe] = new(probe, verdict.Works ? ProbeOutcome.Yes : ProbeOutcome.No, detail, elapsed);
        }

        public void Skip(string probe, string why) => _results[probe] = new(probe, ProbeOutcome.Skipped, why, default);

        public ProviderCheckReport Report(string? model)
        {
            Add(ProbeNames.Reachable, new ProbeVerdict(_answered, _answered ? null : _unreachable));
            return new(provider, model, [.. s_order.Select(ResultOf)]);

            ProbeResult ResultOf(string probe) =>
                _results.GetValueOrDefault(probe) ?? new(probe, ProbeOutcome.Skipped, "it cannot chat", default);
        }

        private static string OneLine(string text)
        {
            var clean = Sanitizer.Clean(text).ReplaceLineEndings(" ");
            return clean.Length <= 200 ? clean : clean[..200] + "…";
        }
    }
}
