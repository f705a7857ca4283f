using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Refinement.Asking;
using Switchyard.Refinement.Edits;
using Switchyard.Refinement.JsonSchemas;
using Switchyard.Refinement.Records;
using Switchyard.Refinement.Requests;
using Switchyard.Refinement.Samples;
using Switchyard.Refinement.Schemas;
using Switchyard.Refinement.Zod;

namespace Switchyard.Refinement;

/// <summary>
/// Refines schemas: a model proposes edits based on the samples, each is tried separately, and only edits that every valid sample
/// supports are kept. Thread-safe.
/// </summary>
public sealed partial class SchemaRefinement : ISchemaRefiner
{
    /// <summary>The longest schema, in characters.</summary>
    public const int MaxSchemaLength = 256 * 1024;

    /// <summary>The maximum number of samples, including counter-examples.</summary>
    public const int MaxSamples = 10_000;

    private static readonly ISchemaLanguage[] s_languages = [new ZodLanguage(), new JsonSchemaLanguage(), new CSharpLanguage()];

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private readonly SwitchyardEngine _engine;
    private readonly TimeProvider _time;
    private readonly ModelCaller _caller;
    private readonly RefinerList _refiners;
    private readonly ILogger _logger;
    private volatile ReadOptions? _read;

    /// <summary>Creates it for an engine. <c>AddSchemaRefinement</c> does so in a container.</summary>
    /// <param name="engine">The engine that carries the calls.</param>
    /// <param name="time">The clock; null takes the system's.</param>
    /// <param name="logger">Logs the outcome of each refinement; null logs nothing.</param>
    public SchemaRefinement(SwitchyardEngine engine, TimeProvider? time = null, ILogger<SchemaRefinement>? logger = null)
        : this(engine, null, time, logger)
    {
    }

    /// <summary>Creates it with the refiners that the host application added to its container.</summary>
    internal SchemaRefinement(
        SwitchyardEngine engine, IEnumerable<AddedRefiner>? refiners, TimeProvider? time = null, ILogger<SchemaRefinement>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        (_engine, _time, _logger) = (engine, time ?? TimeProvider.System, logger ?? NullLogger<SchemaRefinement>.Instance);
        _caller = new ModelCaller(engine);
        _refiners = new RefinerList(refiners ?? []);
    }

    /// <summary>Its name as a refiner. It routes each request to the provider or refiner that the request names.</summary>
    public string Name => "switchyard";

    /// <summary>Refines a schema for the host application itself.</summary>
    /// <exception cref="CallException">
    /// The request is invalid, or no model could be asked; <see cref="CallException.Error"/> has the reason.
    /// </exception>
    public Task<SchemaRefinementResult> RefineSchemaAsync(SchemaRefinementRequest request, CancellationToken cancellationToken = default) =>
        RefineSchemaAsync(request, RefinementContext.None, cancellationToken);

    /// <summary>Refines a schema for a caller.</summary>
    /// <inheritdoc cref="RefineSchemaAsync(SchemaRefinementRequest, CancellationToken)"/>
    public async Task<SchemaRefinementResult> RefineSchemaAsync(
        SchemaRefinementRequest request, RefinementContext context, CancellationToken cancellationToken = default)
    {
        SchemaRefinementResult? result = null;
        await foreach (var chunk in RefineSchemaStreamAsync(request, context, cancellationToken).ConfigureAwait(false))
            result = chunk.Metadata ?? result;
        return result!;
    }

    /// <summary>Refines the JSON Schema of a type with sample values.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="samples">Valid values.</param>
    /// <param name="type">The JSON metadata of the type, from a source-generated context.</param>
    /// <param name="options">The provider or refiner to ask; null leaves the choice open.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="CallException">No model could be asked.</exception>
    public Task<SchemaRefinementResult> RefineAsync<T>(
        IEnumerable<T> samples, JsonTypeInfo<T> type, RefinementChoice? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(type);
        var schema = type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
        var request = new SchemaRefinementRequest(
            new SchemaSource(schema.ToJsonString(s_indented), typeof(T).Name),
            [.. samples.Select(sample => JsonSerializer.SerializeToElement(sample, type))])
        {
            Format = SchemaFormats.NameOf(SchemaFormat.JsonSchema),
            Options = options ?? new(),
        };
        return RefineSchemaAsync(request, cancellationToken);
    }

    /// <summary>Whether a provider is available.</summary>
    public async Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default)
    {
        await _engine.StartAsync(cancellationToken).ConfigureAwait(false);
        return _engine.NotReady is null;
    }

    /// <summary>It reports its progress and forces models to answer in JSON.</summary>
    public RefinerCapabilities GetCapabilities() => new() { SupportsStreaming = true, SupportsJsonMode = true };

    /// <summary>Refines a schema for the host application and reports each step; the last piece has the result.</summary>
    /// <inheritdoc cref="RefineSchemaAsync(SchemaRefinementRequest, CancellationToken)"/>
    public IAsyncEnumerable<RefinementChunk> RefineSchemaStreamAsync(
        SchemaRefinementRequest request, CancellationToken cancellationToken = default) =>
        RefineSchemaStreamAsync(request, RefinementContext.None, cancellationToken);

    /// <summary>Refines a schema for a caller and reports each step; the last piece has the result.</summary>
    /// <inheritdoc cref="RefineSchemaAsync(SchemaRefinementRequest, CancellationToken)"/>
    public async IAsyncEnumerable<RefinementChunk> RefineSchemaStreamAsync(
        SchemaRefinementRequest request, RefinementContext context, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        await _engine.StartAsync(cancellationToken).ConfigureAwait(false);
        if (await _refiners.FindAsync(request.Options.Provider, cancellationToken).ConfigureAwait(false) is { } refiner)
        {
            var chunks = refiner.RefineSchemaStreamAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var disposal = chunks.ConfigureAwait(false);
            var more = await BeginAsync(refiner, chunks, request, cancellationToken).ConfigureAwait(false);
            for (; more is true; more = await chunks.MoveNextAsync().ConfigureAwait(false))
                yield return chunks.Current;
            if (more is not null)
                yield break;
        }

        await foreach (var chunk in RunAsync(request, context, cancellationToken).ConfigureAwait(false))
            yield return chunk;
    }

    /// <summary>
    /// Whether a refiner has a first piece; null if it failed before one and a provider is asked in its place: only where the request
    /// leaves the choice open, and not with <c>routing.fallback</c> off.
    /// </summary>
    private async Task<bool?> BeginAsync(
        ISchemaRefiner refiner, IAsyncEnumerator<RefinementChunk> chunks, SchemaRefinementRequest request,
        CancellationToken cancellationToken)
    {
        try
        {
            return await chunks.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (
            ModelTargets.IsAuto(request.Options.Provider) && !cancellationToken.IsCancellationRequested && InForce().Routing.Fallback)
        {
            LogRefinerFailed(refiner.Name, e);
            return null;
        }
    }

    private async IAsyncEnumerable<RefinementChunk> RunAsync(
        SchemaRefinementRequest request, RefinementContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var options = InForce();
        var language = LanguageOf(request);
        var model = Read(language, request);
        var evidence = SampleEvidence.Of(model, request.Samples);
        var report = new RefinementReport(request, model, evidence);
        yield return new() { Delta = report.Opening };

        var questions = ModelTargets.Of(_engine, options, request.Options);
        var shown = Math.Min(options.Refinement.Samples, MaxSamples);
        var answer = await _caller.AskAsync(
            ProposalPrompt.For(request, model, evidence, shown), request.Options, options.Refinement, questions, context, cancellationToken)
            .ConfigureAwait(false);
        yield return new() { Delta = $"{answer.Provider} has answered.\n" };

        var bench = new EditBench(language, model, evidence, request.CounterExamples);
        foreach (var edit in ProposalReader.Read(answer.Text, report.Suggestions))
        {
            if (report.Try(bench, edit) is { } line)
                yield return new() { Delta = line };
        }

        if (bench.Applied.Count == 0)
        {
            report.Suggestions.Add(
                "The model proposed no edit that could be applied; any edits come from the samples alone.");
            foreach (var edit in EvidenceProposals.Of(model, evidence).Take(ProposalReader.MaxEdits))
            {
                if (report.Try(bench, edit) is { } line)
                    yield return new() { Delta = line };
            }
        }

        var result = report.Finish(
            bench, answer, Credits.Remaining(_engine, options, context), _time.GetElapsedTime(started));
        LogRefined(
            SchemaFormats.NameOf(model.Format), bench.Applied.Count, report.Suggestions.Count, request.Samples.Count, answer.Provider);
        yield return new() { Delta = "", Done = true, Metadata = result };
    }

    /// <summary>The options in force, copied once for each configuration.</summary>
    private SwitchyardOptions InForce()
    {
        var generation = _engine.Snapshot.Generation;
        if (_read is not { } read || read.Generation != generation)
            _read = read = new(generation, _engine.Options);
        return read.Options;
    }

    private static ISchemaLanguage LanguageOf(SchemaRefinementRequest request)
    {
        var code = request.Schema.Code;
        if (string.IsNullOrWhiteSpace(code))
            throw Invalid("schema.code is missing: the text of the schema.", "schema.code");
        if (code.Length > MaxSchemaLength)
            throw TooLarge($"The schema is longer than {MaxSchemaLength / 1024} KB; refine it in parts.", "schema.code");
        if (request.Samples.Count + request.CounterExamples.Count > MaxSamples)
            throw TooLarge($"There are more than {MaxSamples} samples and counter-examples; send fewer.", "samples");
        if (request.Options.Temperature is { } temperature && temperature is not (>= 0 and <= 2))
            throw Invalid("options.temperature must be a number from 0 to 2.", "options.temperature");
        var names = string.Join(", ", SchemaFormats.Names);
        SchemaFormat? format;
        if (request.Format is { Length: > 0 } named)
            format = SchemaFormats.Find(named) ?? throw Invalid($"'format' must be one of {names}.", "format");
        else
            format = SchemaFormats.Detect(code)
                ?? throw Invalid($"The schema's format cannot be detected; set 'format' to one of {names}.", "format");
        return s_languages[(int)format];
    }

    private static SchemaModel Read(ISchemaLanguage language, SchemaRefinementRequest request)
    {
        try
        {
            return language.Read(request.Schema.Code, request.Schema.TypeName);
        }
        catch (SchemaTextException e)
        {
            throw new CallException(
                new CallError(CallErrorKind.InvalidRequest, e.Message) { Code = "invalid_schema", Param = "schema.code" });
        }
    }

    private static CallException Invalid(string message, string param) => new(CallErrorKind.InvalidRequest, message, param);

    private static CallException TooLarge(string message, string param) => new(CallErrorKind.RequestTooLarge, message, param);

    [LoggerMessage(
        1, LogLevel.Information, "A {Format} schema was refined: {Edits} edits, {Suggestions} suggestions, {Samples} samples, {Provider}")]
    private partial void LogRefined(string format, int edits, int suggestions, int samples, string provider);

    [LoggerMessage(2, LogLevel.Warning, "The refiner {Refiner} failed; a provider is asked in its place")]
    private partial void LogRefinerFailed(string refiner, Exception cause);

    private sealed record ReadOptions(long Generation, SwitchyardOptions Options);
}
