namespace Switchyard.Configuration.Validation;

/// <summary>Every check, in the order its findings are reported.</summary>
internal static class ConfigurationValidators
{
    private static readonly IConfigurationValidator[] All =
    [
        new WordValidator(),
        new ProviderValidator(),
        new BaseUrlValidator(),
        new HeaderValidator(),
        new RoutingValidator(),
        new AliasValidator(),
        new PriceValidator(),
        new LimitValidator(),
        new AffinityValidator(),
        new CacheValidator(),
        new ExperimentValidator(),
        new ShadowValidator(),
        new RouteStreamValidator(),
        new TimeoutValidator(),
        new EgressValidator(),
        new MediaValidator(),
        new RefinementValidator(),
        new HealthValidator(),
        new ServerValidator(),
        new KeyValidator(),
        new AdminValidator(),
        new DashboardValidator(),
        new TlsValidator(),
        new BudgetValidator(),
        new StorageValidator(),
        new SecretsValidator(),
        new MaskValidator(),
        new GuardValidator(),
        new RecordingValidator(),
        new ResponsesValidator(),
        new PluginValidator(),
    ];

    public static IEnumerable<ValidationFinding> Run(SwitchyardOptions options, KnownNames known) =>
        All.SelectMany(validator => validator.Validate(options, known));
}
