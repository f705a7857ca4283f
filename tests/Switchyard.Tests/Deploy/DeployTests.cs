using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Providers.Catalogue;
using Switchyard.Telemetry;
using Switchyard.Tests.Architecture;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Switchyard.Tests.Deploy;

/// <summary>The files of <c>deploy</c>, read as their target systems read them.</summary>
public sealed partial class DeployTests
{
    private const string Kubernetes = "deploy/kubernetes";
    private const string Image = "deploy/container/Dockerfile";

    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Configurations() =>
    [
        .. Repository.Files.Where(file => file.StartsWith("deploy/", StringComparison.Ordinal)
            && file.EndsWith("/switchyard.yaml", StringComparison.Ordinal)),
    ];

    public static TheoryData<string> Manifests() =>
    [
        .. Repository.Files.Where(file => file.StartsWith($"{Kubernetes}/", StringComparison.Ordinal)
            && Path.GetFileName(file) is not ("kustomization.yaml" or "switchyard.yaml")),
    ];

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Every_configuration_loads(string path) => Load(path);

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Every_manifest_is_what_Kubernetes_knows(string path)
    {
        var objects = Objects(path);

        Assert.NotEmpty(objects);
        Assert.All(objects, found => Assert.NotEmpty(found.Metadata.Name));
    }

    [Fact]
    public void Kustomize_applies_every_manifest_but_the_example_of_secrets()
    {
        var kustomization = Yaml($"{Kubernetes}/kustomization.yaml");

        var named = Texts(kustomization, "resources").Order(StringComparer.Ordinal);

        Assert.Equal(
            Manifests().Select(row => Path.GetFileName(row.Data)).Where(name => name != "secret.example.yaml")
                .Order(StringComparer.Ordinal),
            named);
        Assert.Contains("switchyard.yaml", Texts(kustomization["configMapGenerator"][0], "files"));
    }

    [Fact]
    public void A_pod_has_no_rights_it_does_not_need_and_writes_only_to_what_is_mounted()
    {
        var pod = Deployment().Spec.Template.Spec;
        var container = Assert.Single(pod.Containers);

        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.NotNull(container.Resources.Limits["memory"]);
        Assert.Equal(
            pod.Volumes.Select(volume => volume.Name).Order(StringComparer.Ordinal),
            container.VolumeMounts.Select(mount => mount.Name).Order(StringComparer.Ordinal));
        var written = Load($"{Kubernetes}/switchyard.yaml").Storage.Journal;
        Assert.Contains(
            container.VolumeMounts,
            mount => mount.ReadOnlyProperty != true && written.StartsWith($"{mount.MountPath}/", StringComparison.Ordinal));
    }

    [Fact]
    public void Probes_ports_and_selectors_lead_to_what_the_gateway_has()
    {
        var deployment = Deployment();
        var container = deployment.Spec.Template.Spec.Containers[0];
        var labels = deployment.Spec.Template.Metadata.Labels;
        var options = Load($"{Kubernetes}/switchyard.yaml");
        var endpoints = Repository.Read("docs/operations.md");

        foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe })
        {
            Assert.Contains($"`GET {probe.HttpGet.Path}`", endpoints, StringComparison.Ordinal);
            Assert.Equal("http", probe.HttpGet.Port.Value);
        }

        Assert.EndsWith($":{container.Ports[0].ContainerPort}", options.Server.Urls, StringComparison.Ordinal);
        Assert.EndsWith($":{container.Ports[1].ContainerPort}", options.Admin.Urls, StringComparison.Ordinal);
        foreach (var service in Objects($"{Kubernetes}/service.yaml").OfType<V1Service>())
        {
            Assert.Equal(labels, service.Spec.Selector);
            Assert.All(service.Spec.Ports, port => Assert.Contains(container.Ports, open => open.Name == port.TargetPort.Value));
        }

        Assert.Equal(labels, One<V1PodDisruptionBudget>("poddisruptionbudget").Spec.Selector.MatchLabels);
        Assert.Equal(labels, One<V1NetworkPolicy>("networkpolicy").Spec.PodSelector.MatchLabels);
        Assert.Equal(deployment.Metadata.Name, One<V2HorizontalPodAutoscaler>("horizontalpodautoscaler").Spec.ScaleTargetRef.Name);
    }

    [Fact]
    public void It_is_scaled_by_a_metric_that_there_is()
    {
        var metric = One<V2HorizontalPodAutoscaler>("horizontalpodautoscaler").Spec.Metrics.First(metric => metric.Pods is not null);

        Assert.Contains(metric.Pods.Metric.Name, TelemetryNames.ProviderSet.Select(name => name.Name));
    }

    [Fact]
    public void A_scraper_that_follows_the_annotations_of_a_pod_needs_no_key()
    {
        var annotations = Deployment().Spec.Template.Metadata.Annotations;

        Assert.Equal("true", annotations["prometheus.io/scrape"]);
        Assert.Contains(annotations["prometheus.io/path"], Load($"{Kubernetes}/switchyard.yaml").Server.Open);
    }

    [Fact]
    public void Every_variable_of_the_configuration_is_in_the_secret_and_the_other_way_round()
    {
        var secret = One<V1Secret>("secret.example");

        Assert.Equal(
            Variables($"{Kubernetes}/switchyard.yaml").Order(StringComparer.Ordinal),
            secret.StringData.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            Variables("deploy/compose/switchyard.yaml").Order(StringComparer.Ordinal),
            ((YamlMappingNode)Yaml("deploy/compose/compose.yaml")["services"]["switchyard"]["environment"]).Children.Keys
                .Select(key => key.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Where_there_is_a_Redis_the_cache_is_in_it(string path)
    {
        var options = Load(path);

        Assert.Equal(options.Storage.Redis is null ? null : "redis", options.Cache?.Shared);
    }

    [Fact]
    public void A_stop_of_the_gateway_waits_until_its_calls_have_ended()
    {
        AssertWaits(
            $"{Kubernetes}/switchyard.yaml", TimeSpan.FromSeconds(Deployment().Spec.Template.Spec.TerminationGracePeriodSeconds!.Value));
        AssertWaits(
            "deploy/compose/switchyard.yaml",
            Seconds(Yaml("deploy/compose/compose.yaml")["services"]["switchyard"]["stop_grace_period"].ToString()));
        AssertWaits("deploy/systemd/switchyard.yaml", Seconds(Unit()["TimeoutStopSec"] + "s"));

        static void AssertWaits(string configuration, TimeSpan wait)
        {
            var server = Load(configuration).Server;
            Assert.True(
                wait >= server.ShutdownDelay + server.ShutdownGrace + s_margin, $"{configuration}: {wait} is too short to stop in.");
        }
    }

    [Fact]
    public void The_image_runs_a_command_that_there_is_as_no_root()
    {
        var lines = Repository.Read(Image).Split('\n');

        Assert.Contains("USER $APP_UID", lines);
        Assert.Contains("ENTRYPOINT [\"switchyard\"]", lines);
        var port = lines.Single(line => line.StartsWith("EXPOSE ", StringComparison.Ordinal))["EXPOSE ".Length..];
        Assert.EndsWith($":{port}", Load("deploy/container/switchyard.yaml").Server.Urls, StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal)
            && line.EndsWith($"CMD [\"switchyard\", \"ping\", \"--url\", \"http://127.0.0.1:{port}\"]", StringComparison.Ordinal));
        foreach (Match copied in Copied().Matches(string.Join('\n', lines)))
            Assert.True(Repository.Exists(copied.Groups["path"].Value), copied.Value);
    }

    [Fact]
    public void The_service_of_a_machine_has_a_user_of_its_own_and_writes_where_its_ledger_is()
    {
        var unit = Unit();

        Assert.Equal("yes", unit["DynamicUser"]);
        Assert.Equal("strict", unit["ProtectSystem"]);
        Assert.Contains(" serve --config ", unit["ExecStart"], StringComparison.Ordinal);
        Assert.Equal($"sqlite:/var/lib/{unit["StateDirectory"]}/switchyard.db", Load("deploy/systemd/switchyard.yaml").Storage.Ledger);
    }

    private static V1Deployment Deployment() => One<V1Deployment>("deployment");

    private static T One<T>(string name) => Assert.IsType<T>(Assert.Single(Objects($"{Kubernetes}/{name}.yaml")));

    private static List<IKubernetesObject<V1ObjectMeta>> Objects(string path) =>
    [
        .. KubernetesYaml.LoadAllFromString(Repository.Read(path), strict: true)
            .Select(Assert.IsAssignableFrom<IKubernetesObject<V1ObjectMeta>>),
    ];

    private static YamlMappingNode Yaml(string path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read(path)));
        return (YamlMappingNode)Assert.Single(stream.Documents).RootNode;
    }

    private static IEnumerable<string> Texts(YamlNode node, string list) => ((YamlSequenceNode)node[list]).Select(item => item.ToString());

    private static Dictionary<string, string> Unit() => Repository.Read("deploy/systemd/switchyard.service").Split('\n')
        .Where(line => line.Contains('=', StringComparison.Ordinal) && line[0] != '#')
        .Select(line => line.Split('=', 2))
        .ToLookup(pair => pair[0], pair => pair[1]).ToDictionary(pairs => pairs.Key, pairs => pairs.Last());

    private static TimeSpan Seconds(string text) =>
        TimeSpan.FromSeconds(double.Parse(text.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));

    private static List<string> Variables(string path) =>
        [.. Variable().Matches(Repository.Read(path)).Select(match => match.Groups["name"].Value).Distinct()];

    /// <summary>Loads a configuration as a gateway does, with a value in every variable that it names.</summary>
    private static SwitchyardOptions Load(string path)
    {
        var result = ConfigurationLoader.Load(new ConfigurationRequest
        {
            File = Repository.FullPath(path),
            Environment = Variables(path).ToDictionary(name => name, name => name switch
            {
                "SWITCHYARD_LEDGER" => "postgres://user:password@postgres/switchyard",
                "SWITCHYARD_REDIS" => "redis://redis:6379",
                _ => $"given-in-{name}",
            }),
            IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        });
        Assert.True(result.Problems.Count == 0, string.Join('\n', result.Problems));
        return result.Options!;
    }

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^COPY (?<path>deploy/\S+) ", RegexOptions.Multiline)]
    private static partial Regex Copied();
}
