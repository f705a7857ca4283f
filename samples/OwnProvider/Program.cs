// Four ways to give the engine a provider of your own. Run it with `dotnet run --project samples/OwnProvider`.
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Engine;
using Switchyard.Providers;

await AskAsync(AddClient, "acme-small");
await AskAsync(AddClass, "echo/echo-1");
await AskAsync(AddAssembly, "echo/echo-1");
await WhileRunningAsync();
return;

static void AddClient(IServiceCollection services)
{
    IChatClient client = new EchoClient();

    // begin: add a client
    services.AddSwitchyard()
        .AddProvider("acme", client, null, "acme-large", "acme-small");
    // end
}

static void AddClass(IServiceCollection services)
{
    // begin: add a class
    services.AddSwitchyard()
        .AddProvider<EchoProvider>(new ProviderSettings { Type = "echo" });
    // end
}

static void AddAssembly(IServiceCollection services)
{
    // begin: add an assembly
    services.AddSwitchyard()
        .AddProvidersFrom(typeof(EchoProvider).Assembly, name => name == "echo" ? new ProviderSettings { Type = name } : null);
    // end
}

static async Task WhileRunningAsync()
{
    IChatClient client = new EchoClient();
    var services = new ServiceCollection();
    services.AddSwitchyard();
    await using var provider = services.BuildServiceProvider();
    var engine = provider.GetRequiredService<SwitchyardEngine>();
    await engine.StartAsync();

    // begin: register while running
    var settings = new ProviderSettings { Type = "acme", Models = ["acme-large"] };
    await engine.Registry.RegisterAsync(new ChatClientProvider("acme", client), settings);
    // end

    var answer = await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new ChatOptions { ModelId = "acme-large" });
    Console.WriteLine(answer.Text);
    await engine.Registry.UnregisterAsync("acme");
}

static async Task AskAsync(Action<IServiceCollection> add, string model)
{
    var services = new ServiceCollection();
    add(services);
    await using var provider = services.BuildServiceProvider();
    var answer = await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new ChatOptions { ModelId = model });
    Console.WriteLine(answer.Text);
}

// begin: provider class
/// <summary>Answers with what it was asked. A class of your own needs no more than this.</summary>
[Provider("echo")]
internal sealed class EchoProvider() : ProviderBase("echo"), IChatClientProvider
{
    private readonly EchoClient _client = new();

    protected override bool RequiresApiKey => false;

    public IChatClient GetChatClient(string modelId) => _client;

    public IEmbeddingGenerator<string, Embedding<float>>? GetEmbeddingGenerator(string modelId) => null;

    public override bool ServesModel(string modelId) => modelId.StartsWith("echo-", StringComparison.Ordinal);

    protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) =>
        new([new ProviderModel { Id = "echo-1", Name = "Echo", Provider = Name }]);
}
// end

/// <summary>Any <see cref="IChatClient"/> works; this one repeats the message.</summary>
internal sealed class EchoClient : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, messages.Last().Text)));

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var word in messages.Last().Text.Split(' '))
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, word + " ");
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
