using Microsoft.Extensions.AI;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ChatClientProviderTests
{
    [Covers("S000-21")]
    [Fact]
    public async Task Compute_that_is_no_cloud_API_is_registered_and_used_like_any_other()
    {
        using var client = new LocalWorkers();
        await using var registry = new ProviderRegistry();
        await registry.RegisterAsync(
            "workers", new ChatClientProvider("workers", client), Some.Settings(KnownProviders.Custom) with { Models = ["batch-1"] });
        var provider = (await registry.GetAsync<IChatClientProvider>("workers", Some.Token))!;
        Assert.Same(client, provider.GetChatClient("batch-1"));
        Assert.Null(provider.GetEmbeddingGenerator("batch-1"));
        Assert.Equal(["batch-1", "local-default"], (await provider.ListModelsAsync(Some.Token)).Select(m => m.Id));
        Assert.True(provider.ServesModel("local-default"));
        Assert.False(provider.ServesModel("gpt-4o"));
    }

    [Covers("S001-27")]
    [Fact]
    public async Task The_client_is_disposed_with_it_unless_it_is_the_callers()
    {
        using var owned = new LocalWorkers();
        using var lent = new LocalWorkers();
        await new ChatClientProvider("a", owned).DisposeAsync();
        await new ChatClientProvider("b", lent, ownsClient: false).DisposeAsync();
        Assert.True(owned.IsDisposed);
        Assert.False(lent.IsDisposed);
    }

    private sealed class LocalWorkers : IChatClient
    {
        public bool IsDisposed { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse());

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("workers", null, "local-default") : null;

        public void Dispose() => IsDisposed = true;
    }
}
