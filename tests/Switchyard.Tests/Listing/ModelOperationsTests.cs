using Switchyard.Canonical;
using Switchyard.Listing;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Xunit;

namespace Switchyard.Tests.Listing;

/// <summary>The operations of a model whose provider's class states what it can do.</summary>
public sealed class ModelOperationsTests
{
    [Theory]
    [InlineData(true, false, true, false, false)]
    [InlineData(false, true, false, true, false)]
    [InlineData(false, false, false, false, true)]
    public async Task A_model_that_neither_chats_nor_embeds_is_for_what_else_its_provider_serves(
        bool completion, bool embedding, bool chats, bool embeds, bool others)
    {
        await using var provider = new HttpProvider("openai", ProviderCatalog.Default.Find("openai")!);
        await provider.InitializeAsync(new ProviderSettings { Type = "openai", ApiKey = "k" }, TestContext.Current.CancellationToken);
        var model = new ListedModel
        {
            Id = "openai/own",
            OwnedBy = "openai",
            Provider = "openai",
            Model = "own",
            StatedCapabilities = new ModelCapabilities { Completion = completion, Embedding = embedding },
        };

        var operations = ModelOperations.Of(provider, model);

        Assert.Equal((chats, embeds), (operations.Contains(CallOperation.Chat), operations.Contains(CallOperation.Embedding)));
        Assert.All(
            (CallOperation[])[CallOperation.ImageGeneration, CallOperation.Speech, CallOperation.Transcription, CallOperation.Moderation],
            operation => Assert.Equal(others, operations.Contains(operation)));
        Assert.DoesNotContain(CallOperation.File, operations);
    }
}
