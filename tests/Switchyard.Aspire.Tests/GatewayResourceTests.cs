using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Switchyard.Aspire.Tests;

public sealed class GatewayResourceTests
{
    [Fact]
    public async Task A_gateway_listens_in_its_container_and_knows_two_secret_keys()
    {
        var ai = Applications.Published().AddSwitchyard("ai");
        var variables = await ai.VariablesAsync();

        Assert.Equal("http://*:{ai.bindings.http.targetPort}", variables["SWITCHYARD__server__urls"]);
        Assert.Equal("{ai-key.value}", variables["SWITCHYARD__keys__aspire__key"]);
        Assert.Equal("{ai-admin-key.value}", variables["SWITCHYARD__admin__key"]);
        Assert.True(ai.Resource.ClientKey.Secret);
        Assert.True(ai.Resource.AdminKey.Secret);
        Assert.Equal("switchyard:latest", ai.Resource.TryGetContainerImageName(out var image) ? image : null);
        Assert.Equal(["serve"], await ai.ArgumentsAsync());
        // A gateway without a configured path writes nothing to disk.
        Assert.DoesNotContain(variables.Keys, name => name.StartsWith("SWITCHYARD__storage", StringComparison.Ordinal));
    }

    [Fact]
    public void An_application_gets_the_address_of_the_gateway_in_words_that_Aspires_client_for_OpenAI_reads_too()
    {
        var ai = Applications.Published().AddSwitchyard("ai");

        Assert.Equal("Endpoint={ai.bindings.http.url}/v1;Key=\"{ai-key.value}\"", ai.Resource.ConnectionStringExpression.ValueExpression);
        Assert.Equal("{ai.bindings.http.url}", ai.Resource.UriExpression.ValueExpression);
        var properties = ((IResourceWithConnectionString)ai.Resource).GetConnectionProperties()
            .ToDictionary(property => property.Key, property => property.Value.ValueExpression);
        Assert.Equal(["Endpoint", "Host", "Key", "Port", "Uri"], properties.Keys.Order());
        Assert.Equal("{ai-key.value}", properties["Key"]);
    }

    [Theory]
    [InlineData("sk-plain")]
    [InlineData("a;b=c;Model=other")]
    [InlineData(" it's = {0} ")]
    [InlineData("';'")]
    public void A_key_of_any_letters_arrives_whole_in_the_connection_string(string key)
    {
        var ai = Applications.Published().AddSwitchyard("ai").AddModel("fast", "mock/mock-model-v1");
        var text = ai.Resource.ConnectionStringExpression.ValueExpression
            .Replace("{ai.connectionString}", ai.Resource.Parent.ConnectionStringExpression.ValueExpression, StringComparison.Ordinal)
            .Replace("{ai.bindings.http.url}", "http://localhost:1", StringComparison.Ordinal)
            .Replace("{ai-key.value}", key, StringComparison.Ordinal);
        var client = Host.CreateEmptyApplicationBuilder(null);
        client.Configuration["ConnectionStrings:ai"] = text;
        SwitchyardClientSettings? settings = null;

        client.AddSwitchyardChatClient("ai", read => settings = read);

        Assert.Equal((key, "fast", "http://localhost:1/v1"), (settings!.Key, settings.Model, settings.Endpoint?.AbsoluteUri));
    }

    [Fact]
    public async Task A_key_that_ends_itself_in_the_connection_string_is_refused_with_the_name_of_its_parameter()
    {
        var run = Applications.Run("--Parameters:ai-key=a\"b", "--Parameters:ai-admin-key=sixteen-letters-or-more");

        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => run.AddSwitchyardExecutable("ai", "./tools/switchyard").VariablesAsync());

        Assert.Contains("parameter 'ai-key'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_providers_key_is_a_secret_and_one_without_a_key_is_named()
    {
        var builder = Applications.Published();
        var ai = builder.AddSwitchyard("ai")
            .WithProvider("openai", builder.AddParameter("openai-key", secret: true))
            .WithProvider("mock");
        var variables = await ai.VariablesAsync();

        Assert.Equal("{openai-key.value}", variables["SWITCHYARD__providers__openai__key"]);
        Assert.Equal("true", variables["SWITCHYARD__providers__mock__enabled"]);
        var refused = Assert.Throws<ArgumentException>(() => builder.AddSwitchyard("other", builder.AddParameter("open-key")));
        Assert.Contains("AddParameter(\"open-key\", secret: true)", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ai.WithProvider("groq", builder.AddParameter("groq-key")));
    }

    [Fact]
    public async Task A_server_of_the_application_is_a_provider()
    {
        var builder = Applications.Published();
        var vllm = builder.AddContainer("vllm", "vllm").WithHttpEndpoint(targetPort: 8000);
        var ai = builder.AddSwitchyard("ai").WithProvider("local", vllm.GetEndpoint("http"));

        Assert.Equal(
            "{vllm.bindings.http.url}/v1", (await ai.VariablesAsync())["SWITCHYARD__providers__local__base_url"]);
    }

    [Fact]
    public async Task A_model_is_an_alias_of_the_gateway_and_a_reference_of_its_own()
    {
        var ai = Applications.Published().AddSwitchyard("ai");
        var fast = ai.AddModel("fast", "groq/llama-3.3-70b-versatile", "openai/gpt-4o-mini").WithFallback("mock/mock-model-v1");
        var variables = await ai.VariablesAsync();

        Assert.Equal("groq/llama-3.3-70b-versatile,openai/gpt-4o-mini", variables["SWITCHYARD__models__fast__targets"]);
        Assert.Equal("mock/mock-model-v1", variables["SWITCHYARD__models__fast__fallback"]);
        Assert.Equal("{ai.connectionString};Model=fast", fast.Resource.ConnectionStringExpression.ValueExpression);
        Assert.Throws<ArgumentException>(() => ai.AddModel("nobody"));
    }

    [Fact]
    public async Task The_ledger_is_in_a_database_of_PostgreSQL_and_what_is_shared_in_Redis()
    {
        var builder = Applications.Published();
        var postgres = builder.AddPostgres("postgres");
        var ai = builder.AddSwitchyard("ai")
            .WithLedger(postgres.AddDatabase("ledger"))
            .WithRedis(builder.AddRedis("redis"));
        var variables = await ai.VariablesAsync();

        // The password is encoded, because a URL cannot contain every character.
        Assert.Matches(
            @"^postgresql://postgres:\{postgres-password[\w.-]*\}@\{postgres\.bindings\.tcp\.host\}:\{postgres\.bindings\.tcp\.port\}"
            + "/ledger$",
            variables["SWITCHYARD__storage__ledger"]);
        Assert.Matches(@"^\S*://:\{redis-password[\w.-]*\}@\{redis\.bindings\.tcp\.host\}", variables["SWITCHYARD__storage__redis"]);
        Assert.Equal($"{Scratch}/journal.db", variables["SWITCHYARD__storage__journal"]);

        await ChangedAsync(ai.WithDataVolume("kept"), "storage__journal", "/data/journal.db");
        var refused = Assert.Throws<ArgumentException>(() => ai.WithLedger(postgres));
        Assert.Contains("AddDatabase", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_from_outside_is_taken_as_it_is()
    {
        var builder = Applications.Published();
        var ai = builder.AddSwitchyard("ai").WithLedger(builder.AddConnectionString("elsewhere"));

        await ChangedAsync(ai, "storage__ledger", "{elsewhere.connectionString}");
    }

    [Fact]
    public async Task Without_a_database_the_ledger_is_a_file_in_the_volume()
    {
        var ai = Applications.Published().AddSwitchyard("ai").WithDataVolume("kept");

        await ChangedAsync(ai, "storage__ledger", "sqlite:/data/switchyard.db");
        var mount = Assert.Single(ai.Resource.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal(("kept", "/data", ContainerMountType.Volume), (mount.Source, mount.Target, mount.Type));
    }

    [Fact]
    public async Task Any_setting_can_be_said_and_a_file_be_given()
    {
        var builder = Applications.Published();
        var ai = builder.AddSwitchyard("ai")
            .WithSetting("timeouts.first_token", "20s")
            .WithSetting("providers:my.server:key", builder.AddParameter("my-key", secret: true))
            .WithConfigFile("switchyard.yaml");

        await ChangedAsync(ai, "timeouts__first_token", "20s");
        await ChangedAsync(ai, "providers__my.server__key", "{my-key.value}");
        Assert.Equal(
            ["serve", "--config", "/etc/switchyard/switchyard.yaml"],
            await ai.ArgumentsAsync());
        var mount = Assert.Single(ai.Resource.Annotations.OfType<ContainerMountAnnotation>());
        Assert.True(mount.IsReadOnly);
        Assert.Equal(Path.Combine(builder.AppHostDirectory, "switchyard.yaml"), mount.Source);
    }

    [Fact]
    public async Task A_program_in_any_language_is_pointed_at_it_by_the_variables_of_its_packages()
    {
        var builder = Applications.Published();
        var ai = builder.AddSwitchyard("ai");
        var variables = await builder.AddContainer("agent", "agent").WithSdkEnvironment(ai).VariablesAsync();

        Assert.Equal("{ai.bindings.http.url}/v1", variables["OPENAI_BASE_URL"]);
        Assert.Equal("{ai.bindings.http.url}", variables["ANTHROPIC_BASE_URL"]);
        Assert.Equal("{ai.bindings.http.url}", variables["GOOGLE_GEMINI_BASE_URL"]);
        Assert.All(
            new[] { "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY" }, name => Assert.Equal("{ai-key.value}", variables[name]));
    }

    [Fact]
    public async Task A_program_that_reads_no_connection_strings_finds_address_and_key_in_variables()
    {
        var builder = Applications.Published();
        var ai = builder.AddSwitchyard("ai");
        var fast = ai.AddModel("fast", "mock/mock-fast-model");
        var variables = await builder.AddContainer("agent", "agent").WithReference(ai).WithReference(fast).VariablesAsync();

        Assert.Equal("{ai.connectionString}", variables["ConnectionStrings__ai"]);
        Assert.Equal("{ai.bindings.http.url}", variables["AI_URI"]);
        Assert.Equal("{ai.bindings.http.url}/v1", variables["AI_ENDPOINT"]);
        Assert.Equal("{ai-key.value}", variables["AI_KEY"]);
        Assert.Equal("fast", variables["FAST_MODELNAME"]);
    }

    [Fact]
    public async Task An_executable_is_run_as_a_process_and_published_as_the_container()
    {
        var published = Applications.Published();
        var container = published.AddSwitchyardExecutable("ai", "dotnet", ["Switchyard.Server.dll"]).WithDataVolume("kept");
        await ChangedAsync(container, "storage__ledger", "sqlite:/data/switchyard.db");
        await ChangedAsync(container, "server__urls", "http://*:{ai.bindings.http.targetPort}");
        Assert.Equal(["serve"], await container.ArgumentsAsync());
        Assert.True(Assert.Single(published.Resources, resource => resource.Name == "ai").IsContainer());

        var run = Applications.Run("--Parameters:ai-key=a-key", "--Parameters:ai-admin-key=sixteen-letters-or-more");
        var process = run.AddSwitchyardExecutable("ai", "./tools/switchyard").WithConfigFile("switchyard.yaml");
        Assert.Same(process.Resource, Assert.Single(run.Resources, resource => resource.Name == "ai"));
        Assert.False(process.Resource.IsContainer());
        Assert.Equal(Path.Combine(run.AppHostDirectory, "tools", "switchyard"), process.Resource.Command);
        Assert.Equal(
            ["serve", "--config", Path.Combine(run.AppHostDirectory, "switchyard.yaml")],
            await process.ArgumentsAsync());
        Assert.Null(Assert.Single(process.Resource.Annotations.OfType<EndpointAnnotation>()).TargetPort);
    }

    [Fact]
    public async Task A_program_of_ones_own_gets_where_to_listen_in_the_word_of_ASP_NET_Core_too()
    {
        var run = Applications.Run("--Parameters:ai-key=a-key", "--Parameters:ai-admin-key=sixteen-letters-or-more");
        var process = run.AddSwitchyardExecutable("ai", "dotnet", ["run", "--project", "../MyGateway", "--"]).Resource;
        var variables = new Dictionary<string, object>();
        ((ISwitchyardResource)process).Settings.AddVariables(
            new EnvironmentCallbackContext(run.ExecutionContext, process, variables), process);

        var urls = Assert.IsType<ReferenceExpression>(variables["URLS"]);
        Assert.Equal("http://localhost:{ai.bindings.http.targetPort}", urls.ValueExpression);
        Assert.Same(urls, variables["SWITCHYARD__server__urls"]);
        // The program in the image gets this from its configuration.
        Assert.DoesNotContain("URLS", (await Applications.Published().AddSwitchyard("ai").VariablesAsync()).Keys);
    }

    private static string Scratch => "/" + "tmp";

    private static async Task ChangedAsync<T>(IResourceBuilder<T> gateway, string setting, string value)
        where T : ISwitchyardResource =>
        Assert.Equal(value, (await gateway.VariablesAsync())[$"SWITCHYARD__{setting}"]);
}
