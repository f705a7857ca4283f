using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Engine;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

public sealed class EmbeddingGeneratorTests
{
    [Covers("S001-107")]
    [Fact]
    public async Task Texts_become_vectors_in_their_order_with_usage_and_facts()
    {
        await using var given = Given.AnEngine(options => options.Providers["mock"] = new());
        var vectors = await given.Embeddings.GenerateAsync(
            ["one", "two", "one"], new EmbeddingGenerationOptions { ModelId = "mock-model-v2" });

        Assert.Equal(3, vectors.Count);
        Assert.Equal(vectors[0].Vector.ToArray(), vectors[2].Vector.ToArray());
        Assert.NotEqual(vectors[0].Vector.ToArray(), vectors[1].Vector.ToArray());
        Assert.True(vectors.Usage!.InputTokenCount > 0);
        Assert.Equal("mock", vectors.AdditionalProperties![AnswerFacts.Provider]);
        Assert.Equal("mock-model-v2", vectors.AdditionalProperties[AnswerFacts.Model]);
        Assert.Equal(CallOutcome.Finished, Assert.Single(given.Ended).Outcome);
    }

    [Fact]
    public async Task A_provider_that_cannot_embed_is_reported_with_the_way_out()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"));
        var failure = await Assert.ThrowsAsync<CallException>(
            () => given.Embeddings.GenerateAsync(["one"], new EmbeddingGenerationOptions { ModelId = "acme/small" }));

        Assert.Equal("unsupported_operation", failure.Error.WireCode);
        Assert.Contains("acme does not serve embeddings", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generator_that_gives_fewer_vectors_than_texts_has_failed()
    {
        await using var given = Given.AnEngine(
            build: builder => builder.AddProvider("acme", new ScriptedClient("Hi"), new ForgetfulGenerator(), "small"));

        var failure = await Assert.ThrowsAnyAsync<CallException>(
            () => given.Embeddings.GenerateAsync(["one", "two"], new EmbeddingGenerationOptions { ModelId = "acme/small" }));

        Assert.Equal(CallErrorKind.UpstreamUnavailable, failure.Error.Kind);
        Assert.Contains("1 of 2 embeddings", failure.Message, StringComparison.Ordinal);
        Assert.Single(await given.Embeddings.GenerateAsync(["one"], new EmbeddingGenerationOptions { ModelId = "acme/small" }));
    }

    [Fact]
    public async Task It_can_be_asked_what_it_is()
    {
        await using var given = Given.AnEngine();
        using var generator = new SwitchyardEmbeddingGenerator(given.Engine, "mock/mock-model-v2");

        Assert.Equal("mock/mock-model-v2", generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
        Assert.Same(generator, generator.GetService<SwitchyardEmbeddingGenerator>());
        Assert.Same(given.Engine, generator.GetService<SwitchyardEngine>());
        Assert.Null(generator.GetService<string>());
        Assert.Single(await generator.GenerateAsync(["one"]));
    }

    /// <summary>Returns one vector for any input.</summary>
    private sealed class ForgetfulGenerator : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>([new Embedding<float>(new float[] { 1, 0.5f })]));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
