using System.Collections.Concurrent;
using System.Net;
using Switchyard.Providers;

namespace Switchyard.Tests.Providers;

/// <summary>A provider that records its lifecycle, and fails where a test requests it.</summary>
internal sealed class RecordingProvider(string name = "recording", ProviderContext? context = null) : ProviderBase(name, context)
{
    public List<string> Steps { get; } = [];

    public Func<Task>? OnInitialize { get; init; }

    public Func<Task>? OnDispose { get; init; }

    public Exception? ListFailure { get; init; }

    public bool NeedsKey { get; init; }

    public string? Refusal { get; init; }

    public bool IsDisposed { get; private set; }

    public int Disposals { get; private set; }

    protected override bool RequiresApiKey => NeedsKey;

    public ProviderSettings CurrentSettings => Settings;

    public override bool ServesModel(string modelId) => modelId == "known";

    protected override void ValidateSettings(ProviderSettings settings)
    {
        Steps.Add("validate");
        base.ValidateSettings(settings);
        if (Refusal is not null)
            throw new ProviderException(Refusal);
    }

    protected override async ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        Steps.Add($"initialize (ready: {IsInitialized})");
        if (OnInitialize is not null)
            await OnInitialize();
    }

    protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ListFailure is null ? new([new ProviderModel { Id = "known", Name = "Known", Provider = Name }]) : throw ListFailure;
    }

    protected override async ValueTask ReleaseAsync()
    {
        IsDisposed = true;
        Disposals++;
        if (OnDispose is not null)
            await OnDispose();
    }
}

/// <summary>Answers requests from a script and records them.</summary>
internal sealed class ScriptedHandler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public ConcurrentQueue<HttpRequestMessage> Requests { get; } = new();

    public bool IsDisposed { get; private set; }

    public static ScriptedHandler Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new((_, _) => Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body) }));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        return answer(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}

internal static class Some
{
    public const string Secret = "sk-very-secret-0123456789";

    public static ProviderSettings Settings(string type = "custom", string? key = null) => new() { Type = type, ApiKey = key };

    public static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;
}
