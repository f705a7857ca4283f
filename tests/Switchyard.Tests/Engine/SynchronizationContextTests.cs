using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>
/// Hosts with a user interface, and some test runners, run everything on one thread that waits for itself when library code wants to come
/// back to it. These tests wait for each asynchronous public member on such a thread.
/// </summary>
[Covers("Z3")]
public sealed class SynchronizationContextTests
{
    public static TheoryData<string> Members() => [.. s_members.Keys];

    private static readonly Dictionary<string, Action<Host>> s_members = new(StringComparer.Ordinal)
    {
        ["GetResponseAsync over HTTP"] = host => Wait(host.Chat.GetResponseAsync("Hello", Model("up/m"))),
        ["GetStreamingResponseAsync over HTTP"] = host => Wait(ReadAllAsync(host.Chat, "up/m")),
        ["GetResponseAsync of a client"] = host => Wait(host.Chat.GetResponseAsync("Hello", Model("acme/m"))),
        ["GetStreamingResponseAsync of a client"] = host => Wait(ReadAllAsync(host.Chat, "acme/m")),
        ["GetResponseAsync that falls back"] = host => Wait(host.Chat.GetResponseAsync("Hello", Model("pair"))),
        ["GenerateAsync"] = host =>
            Wait(host.Embeddings.GenerateAsync(["Hello"], new EmbeddingGenerationOptions { ModelId = "mock/mock-embedding-v1" })),
        ["StartAsync"] = host => Wait(host.Engine.StartAsync().AsTask()),
        ["ApplyAsync"] = host => Wait(host.Engine.ApplyAsync(options => options.Strict = true).AsTask()),
        ["ListAsync"] = host => Wait(host.Engine.Models.ListAsync(default).AsTask()),
        ["GetAsync"] = host => Wait(host.Engine.Models.GetAsync("up/m", default).AsTask()),
        ["ValidateAsync"] = host => Wait(host.Engine.Models.ValidateAsync("up/m", default).AsTask()),
        ["RegisterAsync"] = host => Wait(host.Engine.Registry.RegisterAsync(
            new ChatClientProvider("late", new ScriptedClient("Hi")), new ProviderSettings { Type = "late" }).AsTask()),
        ["UnregisterAsync"] = host => Wait(host.Engine.Registry.UnregisterAsync("acme").AsTask()),
        ["DisposeAsync"] = host => Wait(host.Engine.DisposeAsync().AsTask()),
        ["Dispose"] = host => host.Engine.Dispose(),
        ["Dispose of the container"] = host => host.Services.Dispose(),
        ["Dispose of a wrapped client"] = _ =>
            new ScriptedClient("Hi").AsBuilder().UseSwitchyard(options => options.AutoEnable = false).Build().Dispose(),
    };

    [Theory]
    [MemberData(nameof(Members))]
    public async Task It_returns_on_a_thread_that_waits_for_itself(string member)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var services = Build(upstream.BaseUrl);
        var host = new Host(services);
        upstream.Then(async (http, request) =>
        {
            if (request.Text.Contains("\"stream\":true", StringComparison.Ordinal))
            {
                http.Response.ContentType = "text/event-stream";
                foreach (var frame in Some.ChatStream())
                {
                    await http.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(frame));
                    await http.Response.Body.FlushAsync();
                    await Task.Delay(5);
                }
            }
            else
            {
                await Task.Delay(20);
                http.Response.ContentType = "application/json";
                await http.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Some.ChatCompletion()));
            }
        });

        var waiting = OneThread.Run(() =>
        {
            // Started on the same thread, as such a host does.
            if (member != "StartAsync")
                Wait(host.Engine.StartAsync().AsTask());
            s_members[member](host);
        });
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private static ServiceProvider Build(string address)
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers["up"] = new ProviderOptions { BaseUrl = address, Key = "k" };
            options.Providers["gone"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Key = "k" };
            options.Providers["mock"] = new ProviderOptions();
            options.Models["pair"] =
                new ModelRouteOptions { Targets = [new TargetOptions { Model = "gone/m" }, new TargetOptions { Model = "up/m" }] };
        }).AddProvider("acme", new SlowClient());
        return services.BuildServiceProvider();
    }

    private static ChatOptions Model(string id) => new() { ModelId = id };

    private static async Task ReadAllAsync(IChatClient chat, string model)
    {
        await foreach (var update in chat.GetStreamingResponseAsync("Hello", Model(model)).ConfigureAwait(false))
            Assert.NotNull(update);
    }

    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    private sealed record Host(ServiceProvider Services)
    {
        public IChatClient Chat => Services.GetRequiredService<IChatClient>();

        public IEmbeddingGenerator<string, Embedding<float>> Embeddings =>
            Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

        public SwitchyardEngine Engine => Services.GetRequiredService<SwitchyardEngine>();
    }

    /// <summary>A client that answers later, on another thread.</summary>
    private sealed class SlowClient : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await Task.Delay(10, cancellationToken).ConfigureAwait(false);
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, "Hi"));
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < 3; i++)
            {
                await Task.Delay(5, cancellationToken).ConfigureAwait(false);
                yield return new ChatResponseUpdate(ChatRole.Assistant, "Hi");
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    /// <summary>
    /// One thread whose context runs what is posted only when the thread is free: while it is blocked, no continuation runs on it.
    /// </summary>
    private sealed class OneThread : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posted = [];

        public static Task Run(Action action)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var thread = new Thread(() =>
            {
                SetSynchronizationContext(new OneThread());
                try
                {
                    action();
                    done.SetResult();
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            })
            {
                IsBackground = true,
            };
            thread.Start();
            return done.Task;
        }

        public override void Post(SendOrPostCallback d, object? state) => _posted.Add((d, state));

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();
    }
}
