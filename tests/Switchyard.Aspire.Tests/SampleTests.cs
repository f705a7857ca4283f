using System.Diagnostics;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Aspire.Tests;

/// <summary>samples/AspireAppHost, started by Aspire's own orchestrator, and published by itself.</summary>
public sealed class SampleTests
{
    /// <summary>Aspire would otherwise generate it and store it in the user secrets of the developer.</summary>
    private static readonly string[] s_keys =
        ["--Parameters:ai-key=key-of-the-sample", "--Parameters:ai-admin-key=admin-key-of-the-sample"];

    /// <summary>Two programs are started on a machine that may be busy with other tests.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task An_application_asks_a_model_through_the_gateway_that_Aspire_started()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        var cancellation = patience.Token;
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AspireAppHost>(s_keys, cancellation);
        await using var app = await builder.BuildAsync(cancellation);
        await app.StartAsync(cancellation);
        // A program that ends instead of starting fails the test immediately.
        foreach (var resource in (string[])["ai", "chat"])
            await app.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.StopOnResourceUnavailable, cancellation);

        using var chat = app.CreateHttpClient("chat");
        Assert.Equal("Mock response to: Hello", await chat.GetStringAsync("/ask?question=Hello&model=fast", cancellation));
        Assert.Equal(
            "Mock response to: Hello",
            string.Concat(JsonSerializer.Deserialize<string[]>(await chat.GetStringAsync("/quick?question=Hello", cancellation))!));
        Assert.Equal("8", await chat.GetStringAsync("/measure?text=Hello", cancellation));

        // The cost is read with the admin key, from the ledger file below obj/.
        using var ai = app.CreateHttpClient("ai");
        ai.DefaultRequestHeaders.Authorization = new("Bearer", "admin-key-of-the-sample");
        // The ledger is written a moment after the answer.
        await Wait.ForAsync(async () => (await ai.GetStringAsync("/admin/usage?by=key", cancellation))
            .Contains("\"aspire\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_manifest_has_the_gateway_as_a_container_with_its_references_and_no_secret()
    {
        using var folder = new TemporaryFolder();
        var file = folder["manifest.json"];
        await PublishAsync(["--containers", "true", "--publisher", "manifest", "--output-path", file]);
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        using var manifest = JsonDocument.Parse(text);
        var resources = manifest.RootElement.GetProperty("resources");
        var ai = resources.GetProperty("ai");

        Assert.Equal("container.v0", ai.GetProperty("type").GetString());
        Assert.Equal("switchyard:latest", ai.GetProperty("image").GetString());
        Assert.Equal("Endpoint={ai.bindings.http.url}/v1;Key=\"{ai-key.value}\"", ai.GetProperty("connectionString").GetString());
        Assert.Equal("/data", ai.GetProperty("volumes")[0].GetProperty("target").GetString());
        Assert.Equal("{openai-key.value}", ai.GetProperty("env").GetProperty("SWITCHYARD__providers__openai__key").GetString());
        Assert.Equal("{ai.connectionString}", Variable(resources, "chat", "ConnectionStrings__ai"));
        Assert.Equal("{fast.connectionString}", Variable(resources, "chat", "ConnectionStrings__fast"));
        foreach (var secret in new[] { "ai-key", "ai-admin-key", "openai-key" })
        {
            var value = resources.GetProperty(secret).GetProperty("inputs").GetProperty("value");
            Assert.True(value.GetProperty("secret").GetBoolean(), secret);
            Assert.Equal($"{{{secret}.inputs.value}}", resources.GetProperty(secret).GetProperty("value").GetString());
        }
    }

    [Fact]
    public async Task What_runs_as_a_process_is_published_as_a_container()
    {
        using var folder = new TemporaryFolder();
        var file = folder["manifest.json"];
        await PublishAsync(["--publisher", "manifest", "--output-path", file]);
        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        var ai = manifest.RootElement.GetProperty("resources").GetProperty("ai");

        Assert.Equal("container.v0", ai.GetProperty("type").GetString());
        Assert.Equal("sqlite:/data/switchyard.db", ai.GetProperty("env").GetProperty("SWITCHYARD__storage__ledger").GetString());
        Assert.Equal(["serve"], ai.GetProperty("args").EnumerateArray().Select(argument => argument.GetString()));
        Assert.Equal("{ai.connectionString};Model=fast", manifest.RootElement.GetProperty("resources").GetProperty("fast")
            .GetProperty("connectionString").GetString());
    }

    private static string? Variable(JsonElement resources, string resource, string name) =>
        resources.GetProperty(resource).GetProperty("env").GetProperty(name).GetString();

    /// <summary>As a deployment tool runs an app host.</summary>
    private static async Task PublishAsync(string[] arguments)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(output.Parent!.Parent!.FullName, "AspireAppHost", output.Name, "AspireAppHost.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await said + await errors);
    }
}
